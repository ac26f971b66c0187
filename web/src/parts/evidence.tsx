/** The parts of the drawer: pure, and honest about what an answer does not hold. */

import type { CSSProperties } from "react";
import type { Answer, Attribution as Parts, Effect, Item, Part } from "../api/types";
import { useRoving } from "../state/roving";
import { language, named, rich, t } from "../words";
import { Term } from "./Term";
import { channel, few, stage } from "./words";

const LEAST = 0.005; // of the largest part: less is nothing to look at

export function Attribution({ attribution, title }: { attribution: Parts | null | undefined; title: string }) {
  return (
    <section>
      <h3>{t("weighed")}</h3>
      {attribution ? <Bars attribution={attribution} title={title} /> : <p className="silent">{t("weighedNot")}</p>}
    </section>
  );
}

/** The parts worth a look, the largest first. */
export function weighty(parts: readonly Part[]): Part[] {
  const largest = Math.max(...parts.map((part) => Math.abs(part.value)), 1e-9);
  return parts
    .filter((part) => Math.abs(part.value) >= LEAST * largest)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function Bars({ attribution, title }: { attribution: Parts; title: string }) {
  const { active, row } = useRoving();
  const parts = weighty(attribution.parts);
  const largest = Math.max(...parts.map((part) => Math.abs(part.value)), 1e-9);
  return (
    <>
      <ul className="bars" {...row}>
        {parts.map((part, place) => (
          <li key={part.name} data-against={part.value < 0 || undefined}>
            <Term technical={part.name} active={place === active}>{named("part", part.name)}</Term>
            <span className="bar" style={{ "--share": Math.abs(part.value) / largest } as CSSProperties} />
            <span className="figure">
              {part.value < 0 && <span className="unseen">{t("against")}: </span>}
              {part.value > 0 ? "+" : ""}{few(part.value)}
            </span>
          </li>
        ))}
      </ul>
      <p className="silent">
        {rich("sum", {
          title: <em>{title}</em>, base: few(attribution.base), score: few(attribution.score),
          usual: <Term technical={`${attribution.baseline}; ${attribution.method}`}>{t("usual")}</Term>,
        })}
      </p>
    </>
  );
}

export function Channels({ item }: { item: Item }) {
  const { active, row } = useRoving();
  const rows = Object.entries(item.channels).map(([name, score]) => ({
    name, score, place: item.places?.[`channel.${name}`],
  }));
  rows.sort((a, b) => (a.place ?? 1e9) - (b.place ?? 1e9));
  const placed = rows.some((one) => one.place !== undefined);
  return (
    <section>
      <h3>{t("whoFound")}</h3>
      {rows.length ? (
        <table className="facts" {...row}>
          <thead>
            <tr><th scope="col">{t("foundLooking")}</th>{placed && <th scope="col">{t("itsPlace")}</th>}</tr>
          </thead>
          <tbody>
            {rows.map((one, place) => (
              <tr key={one.name}>
                <th scope="row">
                  <Term technical={`${one.name}, ${t("scored", { score: few(one.score) })}`} active={place === active}>{channel(one.name)}</Term>
                </th>
                {placed && <td>{one.place === undefined ? t("unsaid") : t("nth", { n: one.place + 1 })}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="silent">{t("noChannel")}</p>
      )}
      {rows.length > 0 && !placed && <p className="silent">{t("noPlaces")}</p>}
    </section>
  );
}

/** The place of an item at a stage of the funnel, if the answer has it. */
export const placeAt = (item: Item, name: string): number | undefined =>
  item.places?.[name] ?? item.places?.[name.replace(/^(retrieval|stage)\./, "channel.")];

export function Funnel({ answer, item }: { answer: Answer; item: Item }) {
  const { active, row } = useRoving();
  const stages = answer.funnel ?? [];
  const most = Math.max(...stages.map((one) => one.items), 1);
  const dropped = Object.entries(answer.dropped ?? {}).filter(([, n]) => n > 0);
  return (
    <section>
      <h3>{t("howFar")}</h3>
      {stages.length ? (
        <ol className="funnel" {...row}>
          {stages.map((one, at) => {
            const place = placeAt(item, one.stage);
            return (
              <li key={one.stage}>
                <Term technical={one.stage} active={at === active}>{stage(one.stage)}</Term>
                <span className="bar" style={{ "--share": one.items / most } as CSSProperties} />
                <span className="figure">{one.items.toLocaleString(language())}</span>
                <span className="place">{place === undefined ? "" : t("nth", { n: place + 1 })}</span>
              </li>
            );
          })}
        </ol>
      ) : (
        <p className="silent">{t("noFunnel")}</p>
      )}
      {dropped.length > 0 && (
        <p className="silent">
          {t("leftOut", {
            rules: dropped.map(([rule, n]) => t("leftBy", { items: t("items", { n }), rule: named("rule", rule) })).join("; "),
          })}
        </p>
      )}
    </section>
  );
}

export function Effects({ effects, known }: { effects: Effect[] | null | undefined; known: boolean }) {
  const { active, row } = useRoving();
  return (
    <section>
      <h3>{t("policyDid")}</h3>
      {effects?.length ? (
        <ul className="effects" {...row}>
          {effects.map((effect, place) => (
            <li key={effect.code + effect.text} data-up={effect.to < effect.from || undefined}>
              <Term technical={`${effect.code}: ${effect.text}`} active={place === active}>{moved(effect)}</Term>
            </li>
          ))}
        </ul>
      ) : (
        <p className="silent">{known ? t("policyNot") : t("policyUnsaid")}</p>
      )}
    </section>
  );
}

/** Where an effect took an item, and what for; in the server's words where we have none. */
export function moved({ code, text, from, to }: Effect): string {
  const what = named("effect", code);
  if (from === to || what === code) return text;
  const far = to < from ? t("up", { n: from - to }) : t("down", { n: to - from });
  return `${far}, ${what}`;
}
