/** The parts of the drawer: pure, and honest about what an answer does not hold. */

import type { CSSProperties } from "react";
import type { Answer, Attribution as Parts, Effect, Item } from "../api/types";
import { count, few, stage } from "./words";

export function Attribution({ attribution }: { attribution: Parts | null | undefined }) {
  return (
    <section>
      <h3>What weighed</h3>
      {attribution ? (
        <Bars attribution={attribution} />
      ) : (
        <p className="silent">This answer does not say which knowledge moved its score.</p>
      )}
    </section>
  );
}

function Bars({ attribution }: { attribution: Parts }) {
  const parts = [...attribution.parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const largest = Math.max(...parts.map((part) => Math.abs(part.value)), 1e-9);
  return (
    <>
      <ul className="bars">
        {parts.map((part) => (
          <li key={part.name} data-against={part.value < 0 || undefined}>
            <span>{part.name}</span>
            <span className="bar" style={{ "--share": Math.abs(part.value) / largest } as CSSProperties} />
            <span className="figure">{part.value > 0 ? "+" : ""}{few(part.value)}</span>
          </li>
        ))}
      </ul>
      <p className="silent">
        {few(attribution.base)} for {attribution.baseline}, and with these parts {few(attribution.score)} for this
        item; by {attribution.method}.
      </p>
    </>
  );
}

/** What the recipes' channels look at, for people. */
const FINDS: Record<string, string> = {
  sasrec: "the order of what you did",
  hstu: "the order of what you did",
  transition: "what others did next",
  itemknn: "chosen by the same people",
  ease: "chosen by the same people",
  content: "what is said of it",
  popularity: "chosen by many",
};

export function Channels({ item }: { item: Item }) {
  const rows = Object.entries(item.channels).map(([name, score]) => ({
    name, score, place: item.places?.[`channel.${name}`],
  }));
  rows.sort((a, b) => (a.place ?? 1e9) - (b.place ?? 1e9));
  const placed = rows.some((row) => row.place !== undefined);
  return (
    <section>
      <h3>Who found it</h3>
      {rows.length ? (
        <table className="facts">
          <thead>
            <tr><th scope="col">channel</th>{placed && <th scope="col">its place</th>}<th scope="col">its score</th></tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}{FINDS[row.name] && <small>{FINDS[row.name]}</small>}</th>
                {placed && <td>{row.place === undefined ? "not said" : row.place + 1}</td>}
                <td>{few(row.score)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="silent">No channel is named.</p>
      )}
      {rows.length > 0 && !placed && <p className="silent">The places among the channels are not in this answer.</p>}
    </section>
  );
}

/** The place of an item at a stage of the funnel, if the answer has it. */
export const placeAt = (item: Item, name: string): number | undefined =>
  item.places?.[name] ?? item.places?.[name.replace(/^(retrieval|stage)\./, "channel.")];

export function Funnel({ answer, item }: { answer: Answer; item: Item }) {
  const stages = answer.funnel ?? [];
  const most = Math.max(...stages.map((one) => one.items), 1);
  const dropped = Object.entries(answer.dropped ?? {}).filter(([, n]) => n > 0);
  return (
    <section>
      <h3>How far it came</h3>
      {stages.length ? (
        <ol className="funnel">
          {stages.map((one) => {
            const place = placeAt(item, one.stage);
            return (
              <li key={one.stage}>
                <span>{stage(one.stage)}</span>
                <span className="bar" style={{ "--share": one.items / most } as CSSProperties} />
                <span className="figure">{one.items.toLocaleString("en")}</span>
                <span className="place">{place === undefined ? "" : `no. ${place + 1}`}</span>
              </li>
            );
          })}
        </ol>
      ) : (
        <p className="silent">The way through the stages is not in this answer.</p>
      )}
      {dropped.length > 0 && (
        <p className="silent">
          Left out of all: {dropped.map(([rule, n]) => `${count(n, "item")} by ${rule}`).join(", ")}.
        </p>
      )}
    </section>
  );
}

export function Effects({ effects, known }: { effects: Effect[] | null | undefined; known: boolean }) {
  return (
    <section>
      <h3>What the policy changed</h3>
      {effects?.length ? (
        <ul className="effects">
          {effects.map((effect) => (
            <li key={effect.code + effect.text} data-up={effect.to < effect.from || undefined}>
              <b>{effect.code}</b> {effect.text}
            </li>
          ))}
        </ul>
      ) : (
        <p className="silent">
          {known ? "Nothing: it stands where the ranking put it." : "What the policy did is not in this answer."}
        </p>
      )}
    </section>
  );
}
