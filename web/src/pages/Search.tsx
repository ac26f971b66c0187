/** What a text asks for, how it was understood, and what can be narrowed. */

import { useMemo, useState } from "react";
import { api } from "../api/client";
import type { Asset, Hits, Reading } from "../api/types";
import { Icon } from "../parts/Icon";
import { Failed, Slow } from "../parts/Told";
import { Bones, Wall } from "../parts/Wall";
import { capital, count, listed } from "../parts/words";
import { useAsk } from "../state/ask";
import { narrow, type Narrowed } from "../state/facets";
import { saw } from "../state/seen";

export function Search({ text, plain, setPlain }: { text: string; plain: readonly string[]; setPlain: (ids: string[]) => void }) {
  const key = text ? `search ${JSON.stringify([text, plain])}` : "";
  const asked = useAsk(key, (signal) => api.search(text, plain, signal), true);
  const [chosen, choose] = useState<Narrowed>({});
  const hits = asked.data;
  if (hits) saw(hits.items.map((hit) => hit.asset));
  const assets = useMemo(() => narrow(hits?.items.map((hit) => hit.asset) ?? [], chosen), [hits, chosen]);
  const matched = useMemo(() => new Map(hits?.items.map((hit) => [hit.asset_id, hit.matched])), [hits]);
  const note = (asset: Asset) => {
    const words = matched.get(asset.asset_id);
    return words ? `holds ${listed(words)}` : undefined;
  };
  if (!text)
    return (
      <header className="opening">
        <h1 tabIndex={-1}>Search</h1>
        <p className="lately">Name a title or a person, or say what you are after: <em>comedies from the 80s</em>, <em>no horror</em>, <em>something quiet</em>.</p>
      </header>
    );
  return (
    <div className="searching" aria-busy={asked.waiting}>
      <header className="opening">
        <h1 tabIndex={-1}><span className="quiet">For</span> {text}</h1>
        <p className="lately" role="status">{hits ? said(hits, assets.length) : " "}</p>
        {hits && <Understood readings={hits.understood ?? []} plain={plain} setPlain={setPlain} />}
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {!hits && asked.waiting && <div className="late"><Bones /></div>}
      {hits && <div className="found">
        <Facets hits={hits} chosen={chosen} choose={choose} />
        <div className="found-items">
          {assets.length === 0 && (
            <p className="told">
              Nothing on offer matches. {hits.understood?.length ? "Take back one of the conditions above, or use fewer words." : "Try fewer or other words."}
            </p>
          )}
          <Wall label={`Found for ${text}`} assets={assets} eager={8} note={note} />
        </div>
      </div>}
    </div>
  );
}

function said(hits: Hits, shown: number): string {
  if (!hits.items.length) return `Nothing found in ${hits.milliseconds.toFixed(1)} ms`;
  const by = { lexical: "by their words", semantic: "by their meaning", hybrid: "by words and meaning" }[hits.mode];
  const narrowed = shown === hits.items.length ? "" : `${shown} of `;
  return `${narrowed}${count(hits.items.length, "item")}, found ${by ?? hits.mode} in ${hits.milliseconds.toFixed(1)} ms`;
}

interface UnderstoodProps {
  readings: readonly Reading[];
  plain: readonly string[];
  setPlain: (ids: string[]) => void;
}

function Understood({ readings, plain, setPlain }: UnderstoodProps) {
  if (!readings.length && !plain.length) return null;
  return (
    <div className="understood">
      <span id="understood">Understood:</span>
      <ul className="chips" aria-labelledby="understood">
        {readings.map((one) => (
          <li key={one.id} className="chip" data-negated={one.negated || undefined} data-soft={!one.filters || undefined}>
            {one.text}
            <button type="button" aria-label={`Take back ${one.text}`} onClick={() => setPlain([...plain, one.id])}>
              <Icon name="close" size={14} />
            </button>
          </li>
        ))}
        {plain.length > 0 && (
          <li><button type="button" className="textual" onClick={() => setPlain([])}>understand all of it again</button></li>
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
  const facets = Object.entries(hits.facets ?? {}).filter(([, values]) => Object.keys(values).length > 1);
  if (!facets.length) return null;
  return (
    <aside className="facets" aria-label="Narrow what was found">
      {facets.map(([facet, values]) => (
        <fieldset key={facet}>
          <legend>{capital(facet)}</legend>
          {Object.entries(values).map(([value, n]) => (
            <button
              key={value} type="button" className="facet" aria-pressed={chosen[facet] === value}
              onClick={() => choose({ ...chosen, [facet]: chosen[facet] === value ? undefined : value })}
            >
              {value} <small>{n}</small>
            </button>
          ))}
        </fieldset>
      ))}
    </aside>
  );
}
