/** Charts, drawn by hand, each with its numbers as a table behind it. */

import { useCallback, useState, type ReactNode } from "react";
import { few, percent } from "./figures";

export const ms = (value: number): string =>
  `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;

/** A chart under its title, and the table it can be read from. */
export function Chart({ title, note, table, children }: {
  title: string; note?: ReactNode; table: ReactNode; children: ReactNode;
}) {
  return (
    <figure className="chart">
      <figcaption><h2>{title}</h2>{note && <p className="silent">{note}</p>}</figcaption>
      {children}
      <details className="behind"><summary>As a table</summary><div className="sideways" tabIndex={0} role="group" aria-label={`${title}, as a table`}>{table}</div></details>
    </figure>
  );
}

export function Table({ head, rows }: { head: readonly string[]; rows: readonly (readonly ReactNode[])[] }) {
  return (
    <table className="facts">
      <thead><tr>{head.map((one) => <th scope="col" key={one}>{one}</th>)}</tr></thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={i}>
            {row.map((cell, j) => (j ? <td key={j}>{cell}</td> : <th scope="row" key={j}>{cell}</th>))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One column a second, the newest at the right. */
export function Columns({ values, label }: { values: readonly number[]; label: string }) {
  const most = Math.max(...values, 1);
  const wide = 600 / values.length;
  return (
    <svg className="columns" viewBox="0 0 600 120" preserveAspectRatio="none" role="img" aria-label={label}>
      <path className="rule" d="M0 .5H600M0 60H600M0 119.5H600" />
      {values.map((value, i) => {
        const tall = Math.max((118 * value) / most, value ? 2 : 0);
        return <rect key={i} x={i * wide + wide * 0.15} y={120 - tall} width={wide * 0.7} height={tall} rx="1.5" />;
      })}
    </svg>
  );
}

export interface Pace {
  stage: string;
  p50: number;
  p99: number;
}

const LOWEST = 0.01; // milliseconds at the left end

/** Half of all answers within the dot, 99 of 100 within the line; each mark is ten times the last. */
export function Paces({ rows, name }: { rows: readonly Pace[]; name: (stage: string) => string }) {
  const decades = Math.max(Math.ceil(Math.log10(Math.max(...rows.map((row) => row.p99), 1) / LOWEST)), 1);
  const at = (value: number) => (100 * Math.log10(Math.max(value, LOWEST) / LOWEST)) / decades;
  const marks = Array.from({ length: decades + 1 }, (_, i) => LOWEST * 10 ** i);
  const rule = marks.map((value) => `M${at(value)} 0V10`).join("");
  return (
    <div className="paces">
      <ul>
        {rows.map((row) => (
          <li key={row.stage}>
            <span>{name(row.stage)}</span>
            <svg aria-hidden="true">
              <svg viewBox="0 0 100 10" preserveAspectRatio="none"><path className="rule" d={rule} /></svg>
              <line x1={`${at(row.p50)}%`} x2={`${at(row.p99)}%`} y1="50%" y2="50%" />
              <circle className="far" cx={`${at(row.p99)}%`} cy="50%" r="3" />
              <circle cx={`${at(row.p50)}%`} cy="50%" r="5" />
            </svg>
            <span className="figure">{ms(row.p50)}</span>
            <span className="figure silent">{ms(row.p99)}</span>
          </li>
        ))}
      </ul>
      <Marks values={marks} />
    </div>
  );
}

const LABEL = 64; // pixels of a label and the air about it

/** Of so many gaps in so many pixels, after how many a label may stand without touching the last. */
export const every = (gaps: number, wide: number): number =>
  wide > 0 ? Math.min(Math.max(Math.ceil((LABEL * gaps) / wide), 1), gaps + 1) : gaps + 1;

function Marks({ values }: { values: readonly number[] }) {
  const [wide, set] = useState(0);
  const row = useCallback((element: HTMLElement | null) => {
    if (!element) return undefined;
    const watch = new ResizeObserver(() => set(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const gaps = values.length - 1;
  const each = every(gaps, wide);
  return (
    <p className="marks silent" aria-hidden="true" ref={row}>
      {values.map((value, i) => (
        <span key={value} hidden={i % each > 0} style={{ left: `${(100 * i) / gaps}%` }}>
          {value < 1000 ? `${few(value)} ms` : `${few(value / 1000)} s`}
        </span>
      ))}
    </p>
  );
}

/** A falling line, we hope. */
export function Curve({ values, label }: { values: readonly number[]; label: string }) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const x = (i: number) => (values.length > 1 ? 4 + (292 * i) / (values.length - 1) : 150);
  const y = (value: number) => 84 - (76 * (value - low)) / span;
  const line = values.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const last = values.length - 1;
  return (
    <svg className="curve" viewBox="0 0 300 92" preserveAspectRatio="none" role="img" aria-label={label}>
      <path className="rule" d="M0 91.5H300" />
      {last > 0 && <path className="fill" d={`${line}L${x(last)} 91V91L${x(0)} 91Z`} />}
      <path className="line" d={last > 0 ? line : `M140 ${y(values[0]!)}H160`} />
    </svg>
  );
}

/** A share of something, with what it is a share of. */
export function Meter({ share, children }: { share: number; children?: ReactNode }) {
  const whole = Math.min(Math.max(share, 0), 1);
  return (
    <span className="meter">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="100" height="6" rx="1" />
        <rect className="half" width={100 * whole} height="6" rx="1" />
      </svg>
      <span className="figure">{children ?? percent(whole)}</span>
    </span>
  );
}
