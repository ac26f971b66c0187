/** The field for words, with what they may go on to be: a combobox after the ARIA pattern. */

import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { api } from "../api/client";
import type { Completion } from "../api/types";
import { useAsk } from "../state/ask";
import { go, to, useRoute } from "../state/route";
import { useRested } from "../state/typed";
import { named, t } from "../words";
import { Icon } from "./Icon";

const REST = 90; // milliseconds between keys and a question

export function SearchBox() {
  const route = useRoute();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const asked = route.page === "search" ? (route.query.get("q") ?? "") : "";
  const [text, setText] = useState(asked);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  useEffect(() => setText(asked), [asked]);
  useSlash(field);

  const rested = useRested(text.trim(), REST);
  const found = useAsk(open && rested ? `suggest ${rested}` : "", (s) => api.suggest(rested, s), true);
  const offers = open && text.trim() ? (found.data?.suggestions ?? []) : [];

  const leave = (path: string) => {
    setOpen(false);
    setActive(-1);
    field.current?.blur();
    go(path);
  };
  const pick = (one: Completion) => leave(one.asset_id ? to.item(one.asset_id) : to.search(one.text));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const one = offers[active];
    if (one) pick(one);
    else if (text.trim()) leave(to.search(text.trim()));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape" && (open || text)) {
      event.preventDefault();
      if (!open) setText("");
      setOpen(false);
      setActive(-1);
    } else if (offers.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const way = event.key === "ArrowDown" ? 1 : -1;
      setActive((was) => ((was + 1 + way + offers.length + 1) % (offers.length + 1)) - 1);
    }
  };
  return (
    <form className="search" role="search" onSubmit={submit}>
      <Icon name="search" size={18} />
      <input
        ref={field} type="text" role="combobox" value={text} placeholder={t("searchHint")}
        aria-label={t("search")} aria-expanded={offers.length > 0} aria-controls={`${id}-offers`} maxLength={400}
        aria-autocomplete="list" autoComplete="off" spellCheck={false} enterKeyHint="search"
        {...(active >= 0 && { "aria-activedescendant": `${id}-${active}` })}
        onChange={(event) => { setText(event.target.value); setOpen(true); setActive(-1); }}
        onKeyDown={keys} onFocus={() => setOpen(true)} onBlur={() => setOpen(false)}
      />
      <kbd aria-hidden="true">/</kbd>
      <ul id={`${id}-offers`} role="listbox" aria-label={t("offers")} className="offers" hidden={!offers.length}>
        {offers.map((one, place) => (
          <li
            key={one.kind + one.text + one.asset_id} id={`${id}-${place}`} role="option" aria-selected={place === active}
            onPointerDown={(event) => event.preventDefault()} onClick={() => pick(one)}
          >
            <span>{one.text}</span>
            <small>{named("kind", one.kind === "creator" ? "person" : one.kind)}{one.items > 1 && `, ${t("items", { n: one.items })}`}</small>
          </li>
        ))}
      </ul>
    </form>
  );
}

/** `/` leads here from wherever nothing is being typed. */
function useSlash(field: React.RefObject<HTMLInputElement | null>): void {
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest("input, textarea, select, dialog");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [field]);
}
