/** What is on offer, how much of it anybody sees, and what never came in. */

import { Failed, Slow } from "../../parts/Told";
import { capital, count, percent } from "./figures";
import { ops, usePoll, type Holding } from "./ask";
import { Meter } from "./charts";

export function Stock() {
  const asked = usePoll("operators catalogue", ops.catalogue, 10);
  const held = asked.data;
  return (
    <div className="watch" aria-busy={asked.waiting && !held}>
      <header className="opening">
        <h1 tabIndex={-1}>Catalogue</h1>
        {held && (
          <p className="lately">
            {held.coverage.shown.toLocaleString("en")} of {count(held.coverage.items, "item")} on offer were shown to
            somebody since the server started, {percent(held.coverage.share)}.
          </p>
        )}
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {held && <Domains held={held} />}
      {held && <Quarantine held={held} />}
    </div>
  );
}

function Domains({ held }: { held: Holding }) {
  return (
    <section className="chart">
      <h2>By domain</h2>
      <div className="sideways" tabIndex={0} role="group" aria-label="Items by domain">
        <table className="facts stock">
          <thead>
            <tr>
              <th scope="col">domain</th><th scope="col">items</th><th scope="col">on offer</th>
              <th scope="col">with a picture</th><th scope="col">shown to somebody</th>
            </tr>
          </thead>
          <tbody>
            {held.domains.map((one) => (
              <tr key={one.domain} data-domain={one.domain}>
                <th scope="row">{capital(one.domain)}</th>
                <td>{one.items.toLocaleString("en")}</td>
                <td>{one.available.toLocaleString("en")}</td>
                <td><Meter share={one.pictured / Math.max(one.items, 1)} /></td>
                <td><Meter share={one.shown / Math.max(one.available, 1)} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Quarantine({ held }: { held: Holding }) {
  const rows = held.quarantine;
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  return (
    <section className="chart">
      <h2>Quarantine</h2>
      {held.note && <p className="silent">{capital(held.note)}.</p>}
      {!held.note && !rows.length && <p className="silent">The lake has refused no row.</p>}
      {rows.length > 0 && (
        <>
          <p className="silent">{count(all, "row")} broke the contract and {all === 1 ? "is" : "are"} kept apart, with the reason.</p>
          <ul className="refused">
            {rows.map((row) => (
              <li key={row.source + row.field + row.code}>
                <h3>{row.field} <span className="silent">{row.code.replaceAll("_", " ")}</span></h3>
                <span className="figure">{count(row.count, "row")}</span>
                <p className="silent">the first, from {row.source}: <code>{row.example}</code></p>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
