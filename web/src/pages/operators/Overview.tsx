/** Is it well: what serves, how fast, how much is asked, what is left out. */

import { api } from "../../api/client";
import { Icon } from "../../parts/Icon";
import { Failed, Slow } from "../../parts/Told";
import { capital, count, few, percent } from "./figures";
import { useAsk } from "../../state/ask";
import { ops, usePoll, type Stages } from "./ask";
import { Chart, Columns, Paces, Table, ms } from "./charts";

const ORDER = ["history", "query", "retrieval", "blend", "rules", "gate", "prerank", "rank", "policy", "reasons", "attribution"];
const MEANING: Record<string, string> = {
  history: "what the reader did", query: "the text, understood", retrieval: "all channels", policy: "the slate's order",
};
const INDEXES = 3; // the tier without networks
const called = (stage: string) => capital(MEANING[stage] ? `${stage}: ${MEANING[stage]}` : stage);
const place = (stage: string) => (ORDER.indexOf(stage) + ORDER.length + 1) % (ORDER.length + 1);

export function Overview() {
  const status = useAsk("status", api.status);
  const asked = usePoll("operators stages", ops.stages, 2);
  const stock = useAsk("operators catalogue", ops.catalogue);
  const now = asked.data;
  const served = status.data;
  const total = now?.stages.find((one) => one.stage === "total");
  return (
    <div className="watch" aria-busy={(asked.waiting && !now) || (status.waiting && !served) || (stock.waiting && !stock.data)}>
      <header className="opening">
        <h1 tabIndex={-1}>Health</h1>
        {now && <Verdict stages={now} tier={served?.tier} />}
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      <Failed asked={status} />
      {now && (served || status.error) && <dl className="figures">
        {served && <div><dt>Tier</dt><dd>{served.tier}</dd><dd className="silent">{served.reason}</dd></div>}
        {served && <div><dt>Bundle</dt><dd>{String(served.bundle["name"])}</dd><dd className="silent">{String(served.bundle["version"])}</dd></div>}
        <div><dt>Slates a second</dt><dd>{few(now.per_second)}</dd><dd className="silent">{count(now.requests, "slate")} since the start, {percent(now.requests ? now.newcomers / now.requests : 0)} for newcomers</dd></div>
        {total && <div><dt>Answered within</dt><dd>{ms(total.p50)}</dd><dd className="silent">half of all, and 99 of 100 within {ms(total.p99)}</dd></div>}
        <div><dt>Up for</dt><dd>{lasting(now.seconds)}</dd><dd className="silent">{served ? `${served.log["events"]} events, ${served.log["exposures"]} exposures in the log` : ""}</dd></div>
        {stock.data && <div><dt>Coverage</dt><dd>{percent(stock.data.coverage.share)}</dd><dd className="silent">{stock.data.coverage.shown.toLocaleString("en")} of {count(stock.data.coverage.items, "item")} shown to somebody</dd></div>}
      </dl>}
      {now && (served || status.error) && (
        <div className="charts">
          <Chart
            title="Throughput" note={`Slates answered in each of the last 60 seconds, by all workers; at most ${Math.max(...now.lately)}.`}
            table={<Table head={["seconds ago", "slates"]} rows={now.lately.map((n, i) => [60 - i, n])} />}
          >
            <Columns values={now.lately} label={`Slates by second: ${now.lately.reduce((a, b) => a + b, 0)} in the last minute`} />
          </Chart>
          <Latency stages={now} />
          <Degraded stages={now} />
        </div>
      )}
    </div>
  );
}

const STATES = { well: "Well", less: "Degraded", fails: "Failing" } as const;

/** One word for all of it: requests without an answer are worse than stages or networks left out. */
export function judged(stages: Stages, tier: number | undefined): { state: keyof typeof STATES; words: string } {
  const answers = Object.entries(stages.answers);
  const sum = (some: typeof answers) => some.reduce((all, [, n]) => all + n, 0);
  const broken = sum(answers.filter(([key]) => key.endsWith(" 500") || key.endsWith(" 503")));
  const left = Object.keys(stages.degraded).length;
  const words = [
    broken ? `${broken.toLocaleString("en")} of ${count(sum(answers), "request")} got no answer.` : "Every request has got an answer.",
    left ? `${count(left, "stage")} did not always do ${left === 1 ? "its" : "their"} part.` : "Every stage has done its part.",
    ...(tier === INDEXES ? ["No network is loaded: tier 3 has indexes only."] : []),
  ];
  return { state: broken ? "fails" : left || tier === INDEXES ? "less" : "well", words: words.join(" ") };
}

function Verdict({ stages, tier }: { stages: Stages; tier: number | undefined }) {
  const { state, words } = judged(stages, tier);
  return (
    <p className="verdict" data-state={state} role="status">
      <Icon name={state} size={26} /> <b>{STATES[state]}</b> <span>{words}</span>
    </p>
  );
}

function Latency({ stages }: { stages: Stages }) {
  const rows = stages.stages.filter((one) => one.stage !== "total" && one.stage !== "trace").sort((a, b) => place(a.stage) - place(b.stage));
  const all = [...rows, ...stages.stages.filter((one) => !rows.includes(one))];
  return (
    <Chart
      title="Latency by stage" note="Half of all requests are within the dot, 99 of 100 within the line; each mark is ten times the one before."
      table={
        <Table
          head={["stage", "half within", "99 % within", "mean", "requests"]}
          rows={all.map((one) => [one.stage, ms(one.p50), ms(one.p99), ms(one.mean), one.count.toLocaleString("en")])}
        />
      }
    >
      {rows.length ? <Paces rows={rows} name={called} /> : <p className="silent">Nobody has asked yet.</p>}
    </Chart>
  );
}

function Degraded({ stages }: { stages: Stages }) {
  const rows = Object.entries(stages.degraded).sort((a, b) => b[1] - a[1]);
  return (
    <section className="chart">
      <h2>Degraded stages</h2>
      {rows.length ? (
        <Table
          head={["stage", "times", "of all slates"]}
          rows={rows.map(([name, n]) => [name, n.toLocaleString("en"), percent(n / Math.max(stages.requests, 1))])}
        />
      ) : (
        <p className="silent">None: whatever was late, failed or was shut off by its breaker would be named here.</p>
      )}
    </section>
  );
}

function lasting(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(0)} days`;
}
