/** One request as it passes the stages: sent now, or one of the last that were answered. */

import { useCallback, useEffect, useState, type FormEvent } from "react";
import { Problem } from "../../api/client";
import type { Answer, Item } from "../../api/types";
import { Failed } from "../../parts/Told";
import { Link } from "../../parts/Link";
import { ago, count, stage } from "./figures";
import { useReader } from "../../state/reader";
import { to } from "../../state/route";
import { ops, usePoll, type Passage, type Passed } from "./ask";
import { ms } from "./charts";
import { Flow } from "./Flow";

interface Seen {
  id: string;
  from: string; // who asked, in words
  funnel: Passed[];
  milliseconds: Record<string, number>;
  degraded: { stage: string; cause: string }[];
  items: Item[];
  dropped: Record<string, number>;
}

const NONE: Item[] = [];

export function Request() {
  const { user } = useReader();
  const [seen, see] = useState<Seen>();
  const [query, setQuery] = useState("");
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState("");
  const [lit, light] = useState("");
  const recent = usePoll("operators requests", ops.requests, 4);
  const send = useCallback(async (text: string) => {
    setSending(true);
    setTrouble("");
    try {
      see(answered(await ops.send(user, text), text));
    } catch (error) {
      setTrouble(error instanceof Problem ? error.message : String(error));
    } finally {
      setSending(false);
    }
  }, [user]);
  useEffect(() => void send(""), [send]);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    void send(query.trim());
  };
  return (
    <div className="watch" aria-busy={(!seen && !trouble) || !recent.data}>
      <header className="opening">
        <h1 tabIndex={-1}>One request</h1>
        <p className="lately">A real one, sent as <b>{user}</b> and traced from the channels to the slate.</p>
      </header>
      <form className="fire" onSubmit={ask}>
        <label className="unseen" htmlFor="fire-text">Words to ask with, or none</label>
        <input id="fire-text" type="text" maxLength={400} placeholder="Words to ask with, or none" value={query} onChange={(event) => setQuery(event.target.value)} />
        <button type="submit" className="pill" aria-disabled={sending}>Send a request</button>
      </form>
      {trouble && <p className="told" role="alert">{trouble}</p>}
      {seen && <Watched seen={seen} lit={lit} light={light} />}
      <Failed asked={recent} />
      {recent.data && (seen || trouble) && <Recent rows={recent.data} chosen={seen?.id ?? ""} choose={(one) => see(passed(one))} />}
    </div>
  );
}

function answered(answer: Answer, text: string): Seen {
  return {
    id: answer.request_id, from: text ? `“${text}”` : "without words", funnel: answer.funnel ?? [], milliseconds: answer.milliseconds,
    degraded: answer.degraded, items: answer.items, dropped: answer.dropped ?? {},
  };
}

const passed = (one: Passage): Seen => ({
  id: one.id, from: `on ${one.surface}`, funnel: one.funnel, milliseconds: one.milliseconds, degraded: one.degraded, items: NONE, dropped: {},
});

function Watched({ seen, lit, light }: { seen: Seen; lit: string; light: (id: string) => void }) {
  const dropped = Object.entries(seen.dropped).filter(([, n]) => n > 0);
  return (
    <section className="chart" aria-label="The request">
      <p className="silent" role="status">
        Request <code>{seen.id.slice(0, 8)}</code>, {seen.from}, answered in {ms(seen.milliseconds["total"] ?? 0)}.
      </p>
      <Flow id={seen.id} funnel={seen.funnel} items={seen.items} lit={lit} light={light} />
      {seen.degraded.map((one) => <p className="told" key={one.stage + one.cause}><b>{stage(one.stage)}</b>: {one.cause}</p>)}
      {dropped.length > 0 && <p className="silent">Left out: {dropped.map(([rule, n]) => `${count(n, "item")} by ${rule}`).join(", ")}.</p>}
      <div className="beside">
        <Waterfall seen={seen} />
        {seen.items.length > 0 && <Slate items={seen.items} lit={lit} light={light} />}
      </div>
    </section>
  );
}

/** The same as figures, each stage beginning where the one before it ended. */
function Waterfall({ seen }: { seen: Seen }) {
  const whole = seen.funnel.reduce((sum, one) => sum + one.milliseconds, 0) || 1;
  let begun = 0;
  return (
    <div>
      <h2>Stage by stage</h2>
      <table className="facts falls">
        <thead><tr><th scope="col">stage</th><th scope="col"><span className="unseen">when</span></th><th scope="col">items</th><th scope="col">time</th></tr></thead>
        <tbody>
          {seen.funnel.map((one) => {
            const from = (100 * begun) / whole;
            begun += one.milliseconds;
            return (
              <tr key={one.stage}>
                <th scope="row">{stage(one.stage)}</th>
                <td><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect className="track" width="100" height="6" /><rect className="half" x={from} width={Math.max((100 * one.milliseconds) / whole, 0.6)} height="6" /></svg></td>
                <td>{one.items.toLocaleString("en")}</td>
                <td>{ms(one.milliseconds)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Slate({ items, lit, light }: { items: Item[]; lit: string; light: (id: string) => void }) {
  return (
    <div>
      <h2>The slate</h2>
      <ol className="came">
        {items.map((item) => (
          <li key={item.asset_id} data-lit={item.asset_id === lit || undefined} onPointerEnter={() => light(item.asset_id)} onPointerLeave={() => light("")}>
            <span className="figure">{item.position + 1}</span>
            <Link href={to.item(item.asset_id)} onFocus={() => light(item.asset_id)} onBlur={() => light("")}>{item.asset.title}</Link>
            <span className="silent">{way(item)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Who brought it, and what moved it last. */
function way(item: Item): string {
  const channels = Object.keys(item.places ?? {}).filter((name) => name.startsWith("channel.")).map((name) => name.slice(8));
  const moved = item.effects?.at(-1)?.text;
  return [channels.join(", "), moved].filter(Boolean).join("; ");
}

function Recent({ rows, chosen, choose }: { rows: Passage[]; chosen: string; choose: (one: Passage) => void }) {
  const now = Date.now();
  return (
    <section className="chart">
      <h2>The last requests</h2>
      <p className="silent">Of everybody, without names. Choose one to see its way.</p>
      <div className="sideways" tabIndex={0} role="group" aria-label="The last requests">
        <table className="facts recent">
          <thead>
            <tr><th scope="col">request</th><th scope="col">when</th><th scope="col">page</th><th scope="col">in all</th><th scope="col">slowest stage</th><th scope="col">left out</th></tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.id} data-chosen={one.id === chosen || undefined}>
                <th scope="row">
                  <button type="button" className="textual" aria-pressed={one.id === chosen} onClick={() => choose(one)}><code>{one.id.slice(0, 8)}</code></button>
                </th>
                <td>{ago(Date.parse(one.at), now)}</td>
                <td>{one.surface}{one.newcomer ? ", a newcomer" : ""}</td>
                <td>{ms(one.milliseconds["total"] ?? 0)}</td>
                <td>{slowest(one)}</td>
                <td>{one.degraded.map((row) => stage(row.stage)).join(", ")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function slowest(one: Passage): string {
  const rows = Object.entries(one.milliseconds).filter(([name]) => name !== "total").sort((a, b) => b[1] - a[1]);
  return rows[0] ? `${rows[0][0]}, ${ms(rows[0][1])}` : "";
}
