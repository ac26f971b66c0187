/** Who reads, and in which light: a popover, so that Escape and focus are the browser's affair. */

import { useRef, useState } from "react";
import { api } from "../api/client";
import { useAsk } from "../state/ask";
import { useReader } from "../state/reader";
import { recall, keep } from "../state/stored";
import { useRested } from "../state/typed";
import { go } from "../state/route";
import { LANGUAGES, choose, named, rich, t, useLanguage, type Language } from "../words";
import { Icon } from "./Icon";
import { hue } from "./words";

export function ReaderMenu() {
  const reader = useReader();
  const panel = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const pick = (user: string | undefined) => {
    panel.current?.hidePopover();
    if (user === undefined) reader.anew();
    else reader.choose(user);
    go("/");
  };
  const label = reader.guest ? t("newcomer") : reader.user || t("stranger");
  return (
    <>
      <button type="button" className="who" popoverTarget="reader" aria-label={`${reader.guest ? "" : `${initials(reader.user)}, `}${t("readerButton", { label })}`}>
        <span className="face" style={{ "--hue": hue(reader.user) } as never}>
          {reader.guest ? <Icon name="person" size={18} /> : initials(reader.user)}
        </span>
      </button>
      <div
        id="reader" popover="auto" ref={panel} className="menu" role="dialog" aria-label={t("readerMenu")}
        onToggle={(event) => setOpen((event.nativeEvent as ToggleEvent).newState === "open")}
      >
        <p className="menu-now">{rich("readAs", { label: <b>{label}</b> })}</p>
        <button type="button" className="pill wide" onClick={() => pick(undefined)}>
          <Icon name="plus" size={18} /> {t("begin")}
        </button>
        <People open={open} now={reader.user} pick={pick} />
        <Tongue />
        <Light />
      </div>
    </>
  );
}

/** The last digits of an id say more than its first letters. */
const initials = (user: string): string => /(\d{1,2})$/.exec(user)?.[1] ?? (user.slice(0, 2) || "?");

function People({ open, now, pick }: { open: boolean; now: string; pick: (user: string) => void }) {
  const [text, set] = useState("");
  const start = useRested(text.trim(), 120);
  const asked = useAsk(open ? `users ${start}` : "", (signal) => api.users(start, signal), true);
  return (
    <div className="people">
      <label>
        {t("people")}
        <input
          type="text" value={text} maxLength={200} placeholder={t("beginsWith")} autoComplete="off" spellCheck={false}
          onChange={(event) => set(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !text.trim()) return;
            event.preventDefault(); // else the button that gets the focus back is pressed by the same key
            pick(text.trim());
          }}
        />
      </label>
      <ul>
        {asked.data?.map((user) => (
          <li key={user}>
            <button type="button" aria-pressed={user === now} onClick={() => pick(user)}>{user}</button>
          </li>
        ))}
      </ul>
      {asked.data?.length === 0 && (
        <p className="silent">{t("nobodySo")}</p>
      )}
      {asked.error && <p className="silent">{asked.error.message}</p>}
    </div>
  );
}

/** Of the interface, of the reasons and of the agent. */
function Tongue() {
  const now = useLanguage();
  return (
    <label className="tongue">
      {t("language")}
      <select value={now} onChange={(event) => choose(event.target.value as Language)}>
        {Object.entries(LANGUAGES).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
      </select>
    </label>
  );
}

const LIGHTS = ["auto", "light", "dark"];

/** The style sheet reads these radios itself; they are only remembered here. */
function Light() {
  const [first] = useState(() => recall("light") ?? "auto");
  return (
    <fieldset className="light">
      <legend>{t("light")}</legend>
      {LIGHTS.map((value) => (
        <label key={value}>
          <input
            type="radio" name="light" id={`light-${value}`} defaultChecked={value === first}
            onChange={() => keep("light", value)}
          />
          {named("light", value)}
        </label>
      ))}
    </fieldset>
  );
}
