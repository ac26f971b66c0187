/** How varied, how fair, and what either costs. */

import { useEffect, useId, useState } from "react";
import type { Policy } from "../api/types";
import { takes } from "../api/types";
import type { Tuning } from "../state/tuning";
import { named, t } from "../words";
import { percent } from "./words";

const LEAST = 0.005; // of likeness that is worth a word
const PAUSE = 160; // milliseconds of rest before the stream is asked again

/** Open where there is room; on a phone behind a button, so that the stream comes first. */
export function Tune({ tuning, policy }: { tuning: Tuning; policy: Policy | null | undefined }) {
  const id = useId();
  const [open, set] = useState(false);
  return (
    <div className="tuning">
      <button type="button" className="pill quiet tune-open" aria-expanded={open} aria-controls={id} onClick={() => set(!open)}>{t("tuneOpen")}</button>
      <div className="tune" id={id} data-open={open || undefined} role="group" aria-label={t("tune")}>
        <Variety tuning={tuning} policy={policy} />
        {takes("fairness") && <Fair tuning={tuning} policy={policy} />}
      </div>
    </div>
  );
}

interface Props {
  tuning: Tuning;
  policy: Policy | null | undefined;
}

function Variety({ tuning, policy }: Props) {
  const id = useId();
  const { diversity, setDiversity } = tuning;
  const rest = diversity ?? policy?.diversity?.asked ?? 0; // untouched it stands where the recipe has it
  const [value, set] = useState(rest);
  useEffect(() => set(rest), [rest]);
  useEffect(() => {
    if (value === rest) return;
    const timer = setTimeout(() => setDiversity(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value, rest, setDiversity]);
  return (
    <div className="tune-part">
      <label htmlFor={id}>{t("variety")}</label>
      <input
        id={id} type="range" min={0} max={1} step={0.05} value={value} aria-describedby={`${id}-cost`}
        aria-valuetext={diversity === null && value === rest ? t("asMade") : percent(value)}
        onChange={(event) => set(Number(event.target.value))}
      />
      <p id={`${id}-cost`} className="cost">
        {varietyCost(diversity, policy?.diversity)}
        {diversity !== null && (
          <button type="button" className="textual" onClick={() => setDiversity(null)}>{t("undoMade")}</button>
        )}
      </p>
    </div>
  );
}

/** What variety costs, in words. */
export function varietyCost(asked: number | null, said: Policy["diversity"]): string {
  if (asked === null) return t("asMade");
  if (!said || said.cost == null) return t("unsaidCost");
  const before = said.similarity_before ?? 0;
  const less = before > 0 && said.similarity != null ? 1 - said.similarity / before : 0;
  const cost = t("gives", { share: percent(said.cost) });
  return less >= LEAST ? t("alike", { cost, share: percent(less) }) : cost;
}

function Fair({ tuning, policy }: Props) {
  const id = useId();
  const said = policy?.fairness;
  const on = tuning.fairness ?? said?.on ?? false;
  return (
    <div className="tune-part">
      <label htmlFor={id}>{t("fair")}</label>
      <input
        id={id} type="checkbox" role="switch" className="switch" checked={on} aria-describedby={`${id}-cost`}
        onChange={(event) => tuning.setFairness(event.target.checked)}
      />
      <p id={`${id}-cost`} className="cost">{fairCost(on, said)}</p>
    </div>
  );
}

/** What equal exposure costs and gives, in words. */
export function fairCost(on: boolean, said: Policy["fairness"]): string {
  if (!said) return t(on ? "unsaidCost" : "asMade");
  const least = Object.entries(said.exposure ?? {}).sort(([, a], [, b]) => a - b)[0];
  const share = least ? t("attention", { cohort: named("cohort", least[0]), share: percent(least[1]) }) : "";
  if (!on) return share || t("asMade");
  const cost = said.cost == null ? "" : t("gives", { share: percent(said.cost) });
  const held = said.holds === false ? t("noParity") : "";
  return [cost, share, held].filter(Boolean).join("; ") || t("unsaidCost");
}
