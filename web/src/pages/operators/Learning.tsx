/** What is being learned now, how the models learned, and what stood before. */

import { Failed, Slow } from "../../parts/Told";
import { capital, count, few } from "./figures";
import { ops, usePoll, type Epochs, type Training } from "./ask";
import { Chart, Curve, Meter, Table } from "./charts";

export function Learning() {
  const asked = usePoll("operators training", ops.training, 2);
  const told = asked.data;
  return (
    <div className="watch" aria-busy={asked.waiting && !told}>
      <header className="opening"><h1 tabIndex={-1}>Training</h1></header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {told && <Running running={told.running} />}
      {told && <Models models={told.models} />}
      {told && <History history={told.history} />}
    </div>
  );
}

function Running({ running }: { running: Training["running"] }) {
  if (!running) {
    return <p className="told">Nothing is being learned at this bundle's place. <code>hermes train</code> shows its progress here while it runs.</p>;
  }
  const done = running.models.filter((one) => one.done).length;
  const known = new Map(running.models.map((one) => [one.name, one]));
  const names = [...new Set([...running.planned, ...known.keys()])];
  return (
    <section className="chart" aria-live="polite">
      <h2>{capital(running.recipe)} is being learned</h2>
      <p className="silent">{done} of {count(names.length, "model")} done, since {clock(running.started)}.</p>
      <ul className="steps">
        {names.map((name) => <Step key={name} name={name} epochs={known.get(name)} />)}
      </ul>
    </section>
  );
}

function Step({ name, epochs }: { name: string; epochs: Epochs | undefined }) {
  const share = !epochs ? 0 : epochs.done ? 1 : epochs.of ? (epochs.step ?? 0) / epochs.of : 0;
  const figures = Object.entries(epochs?.figures ?? {}).map(([key, value]) => `${key} ${few(value)}`).join(", ");
  const words = !epochs ? "waits" : epochs.done ? `${few(epochs.seconds ?? 0)} s` : epochs.of ? `${epochs.step} of ${epochs.of}` : "learns";
  return (
    <li data-done={epochs?.done || undefined}>
      <span>{name}</span>
      <Meter share={share}>{words}</Meter>
      <span className="silent">{figures}</span>
    </li>
  );
}

function Models({ models }: { models: Training["models"] }) {
  const curves = models.filter((one) => one.losses.length > 0);
  const whole = [...models].sort((a, b) => b.seconds - a.seconds);
  return (
    <Chart
      title="How the models learned"
      note={curves.length ? "The loss of each epoch, from first to last; closed forms have none." : "This bundle holds closed forms, or was made before losses were kept."}
      table={
        <Table
          head={["model", "seconds", "epochs", "first loss", "last loss", "class"]}
          rows={whole.map((one) => [
            one.name, few(one.seconds), one.losses.length, one.losses.length ? few(one.losses[0]!) : "",
            one.losses.length ? few(one.losses.at(-1)!) : "", one.class.split(":").at(-1),
          ])}
        />
      }
    >
      <ul className="curves">
        {curves.map((one) => (
          <li key={one.name}>
            <h3>{one.name}</h3>
            <Curve values={one.losses} label={`Loss of ${one.name}: ${few(one.losses[0]!)} at first, ${few(one.losses.at(-1)!)} at last`} />
            <p className="silent">{few(one.losses[0]!)} → {few(one.losses.at(-1)!)} in {count(one.losses.length, "epoch")}, {few(one.seconds)} s</p>
          </li>
        ))}
      </ul>
    </Chart>
  );
}

function History({ history }: { history: Training["history"] }) {
  return (
    <section className="chart">
      <h2>Versions at this place</h2>
      <div className="sideways" tabIndex={0} role="group" aria-label="Versions at this place">
        <Table
          head={["version", "made", "recipe", "seconds", "events", "items", "NDCG@10 held out"]}
          rows={history.map((one, i) => [
            <code key="v">{one.version}{i ? "" : " (serves)"}</code>, one.created ? clock(one.created) : "", one.name ?? "",
            few(one.seconds), (one.events ?? 0).toLocaleString("en"), known(one.items).toLocaleString("en"), ndcg(one.metrics),
          ])}
        />
      </div>
    </section>
  );
}

/** A bundle's rows but the first, which stands for whatever is unknown. */
const known = (rows: number | undefined): number => Math.max((rows ?? 0) - 1, 0);

/** Of the cascade where it was measured, else of whatever comes first. */
function ndcg(metrics: Record<string, Record<string, number>> | undefined): string {
  const one = metrics?.["cascade"] ?? Object.values(metrics ?? {})[0];
  const value = one?.["ndcg@10"];
  return value === undefined ? "" : value.toFixed(4);
}

const clock = (iso: string): string =>
  new Date(iso).toLocaleString("en", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
