/** What a text asks for, how it was understood, and what can be narrowed. */

import { useMemo } from "react";
import { api } from "../api/client";
import type { Asset, Hits, Reading } from "../api/types";
import { Icon } from "../parts/Icon";
import { Failed, Slow } from "../parts/Told";
import { Bones, Wall } from "../parts/Wall";
import { domain, listed, milliseconds } from "../parts/words";
import { useAsk } from "../state/ask";
import { asked as question, FACETS, narrowed, toggled, values, type Facet, type Narrowed } from "../state/facets";
import { go } from "../state/route";
import { saw } from "../state/seen";
import { language, named, rich, t, useLanguage } from "../words";

const COUNTED = 200; // the most that the server counts

export function Search({ text, query }: { text: string; query: URLSearchParams }) {
  const plain = query.getAll("plain");
  const chosen = narrowed(query);
  const wanted = question(text, plain, chosen);
  const asked = useAsk(text ? `search ${language()} ${wanted}` : "", (signal) => api.search(wanted, signal), true);
  const hits = asked.data;
  if (hits) saw(hits.items.map((hit) => hit.asset));
  const assets = useMemo(() => hits?.items.map((hit) => hit.asset) ?? [], [hits]);
  const note = useNotes(hits);
  const change = (ids: readonly string[], next: Narrowed) => go(`/search?${question(text, ids, next)}`, true);
  if (!text) return <Empty />;
  return (
    <div className="searching" aria-busy={asked.waiting}>
      <header className="opening">
        <h1 tabIndex={-1}><span className="quiet">{t("for")}</span> {text}</h1>
        <p className="lately" role="status">{hits ? said(hits) : " "}</p>
        {hits && <Understood readings={hits.understood ?? []} plain={plain} setPlain={(ids) => change(ids, chosen)} />}
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {!hits && asked.waiting && <div className="late"><Bones /></div>}
      {hits && <div className="found">
        <Facets hits={hits} chosen={chosen} choose={(next) => change(plain, next)} />
        <div className="found-items">
          {assets.length === 0 && (
            <p className="told">{t("noMatch")} {t(hits.understood?.length ? "takeBackOne" : "tryFewer")}</p>
          )}
          <Wall label={t("foundFor", { text })} assets={assets} eager={8} note={note} />
        </div>
      </div>}
    </div>
  );
}

function Empty() {
  const example = (key: "searchIntro.a" | "searchIntro.b" | "searchIntro.c") => <em>{t(key)}</em>;
  return (
    <header className="opening">
      <h1 tabIndex={-1}>{t("search")}</h1>
      <p className="lately">
        {rich("searchIntro", { a: example("searchIntro.a"), b: example("searchIntro.b"), c: example("searchIntro.c") })}
      </p>
    </header>
  );
}

/** The words that an item holds, where not every item holds the same. */
function useNotes(hits: Hits | undefined): (asset: Asset) => string | undefined {
  const tongue = useLanguage();
  return useMemo(() => {
    const matched = new Map(hits?.items.map((hit) => [hit.asset_id, hit.matched]));
    if (new Set(matched.values()).size < 2) return () => undefined;
    return (asset: Asset) => {
      const words = matched.get(asset.asset_id);
      return words ? t("holds", { words: listed(words) }) : undefined;
    };
  }, [hits, tongue]);
}

function said(hits: Hits): string {
  const ms = milliseconds(hits.milliseconds);
  const shown = hits.items.length;
  if (!shown) return t("nothingFound", { ms });
  const by = named("by", hits.mode);
  const items = t("items", { n: hits.found });
  if (hits.found <= shown) return t("found", { items, by, ms });
  return hits.found < COUNTED ? t("foundSome", { shown, items, by, ms }) : t("foundMany", { shown, n: COUNTED, by, ms });
}

interface UnderstoodProps {
  readings: readonly Reading[];
  plain: readonly string[];
  setPlain: (ids: readonly string[]) => void;
}

function Understood({ readings, plain, setPlain }: UnderstoodProps) {
  if (!readings.length && !plain.length) return null;
  return (
    <div className="understood">
      <span id="understood">{t("understood")}</span>
      <ul className="chips" aria-labelledby="understood">
        {readings.map((one) => (
          <li key={one.id} className="chip" data-negated={one.negated || undefined} data-soft={!one.filters || undefined}>
            {one.text}
            <button type="button" aria-label={t("takeBack", { title: one.text })} onClick={() => setPlain([...plain, one.id])}>
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
        {plain.length > 0 && (
          <li><button type="button" className="textual" onClick={() => setPlain([])}>{t("understandAgain")}</button></li>
        )}
      </ul>
    </div>
  );
}

interface FacetsProps {
  hits: Hits;
  chosen: Narrowed;
  choose: (next: Narrowed) => void;
}

function Facets({ hits, chosen, choose }: FacetsProps) {
  const groups = FACETS.map((facet) => [facet, values(hits.facets?.[facet], chosen[facet])] as const)
    .filter(([facet, all]) => all.length > 1 || chosen[facet].length > 0);
  if (!groups.length) return null;
  const any = FACETS.some((facet) => chosen[facet].length > 0);
  const none: Narrowed = { domain: [], category: [], creator: [], decade: [] };
  return (
    <aside className="facets" aria-label={t("narrow")}>
      {any && <button type="button" className="textual" onClick={() => choose(none)}><Icon name="undo" size={16} /> {t("widen")}</button>}
      {groups.map(([facet, all]) => (
        <fieldset key={facet}>
          <legend>{named("facet", facet)}</legend>
          {all.map(([value, n]) => (
            <button
              key={value} type="button" className="facet" aria-pressed={chosen[facet].includes(value)}
              onClick={() => choose(toggled(chosen, facet, value))}
            >
              {called(facet, value)} {n !== undefined && <small>{n}{hits.found >= COUNTED && "+"}</small>}
            </button>
          ))}
        </fieldset>
      ))}
    </aside>
  );
}

const called = (facet: Facet, value: string): string => (facet === "domain" ? domain(value) : value);
