/** One request, drawn: streams between the stages, and a thread for each item that came through. */

import { useEffect, useId, useMemo, useRef, useSyncExternalStore } from "react";
import type { Item } from "../../api/types";
import type { Passed } from "./ask";
import { ms } from "./charts";
import { front, picture, type Gate, type Picture } from "./flow";

const LASTS = 2800; // milliseconds on the screen, however short the request was
const small = matchMedia("(max-width: 44rem)");
const watchSmall = (told: () => void) => {
  small.addEventListener("change", told);
  return () => small.removeEventListener("change", told);
};

interface Props {
  id: string; // of the request: a new one is played
  funnel: readonly Passed[];
  items: readonly Item[];
  lit: string; // the item whose thread stands out
  light: (id: string) => void;
}

export function Flow({ id, funnel, items, lit, light }: Props) {
  const narrow = useSyncExternalStore(watchSmall, () => small.matches);
  const drawn = useMemo(() => picture(funnel, items, narrow), [funnel, items, narrow]);
  const cut = useId();
  const [edge, clock] = usePlay(id, drawn);
  const total = drawn.ends.at(-1)?.time ?? 0;
  return (
    <div className="flow" data-lit={!!lit || undefined}>
      <svg viewBox={`0 0 ${drawn.width} ${drawn.height}`} role="img" aria-label={told(funnel)}>
        <clipPath id={cut}><rect ref={edge} width={drawn.width} height={drawn.height} /></clipPath>
        <g clipPath={`url(#${cut})`}>
          {drawn.streams.map((path, i) => <path key={i} className="current" d={path} />)}
          {drawn.threads.map((one) => (
            <g key={one.id} className="thread" data-lit={one.id === lit || undefined} onPointerEnter={() => light(one.id)} onPointerLeave={() => light("")}>
              {one.faint && <path className="faint" d={one.faint} />}
              {one.path && <path d={one.path} />}
            </g>
          ))}
        </g>
        {drawn.columns.map((column, i) => column.map((gate) => <Post key={gate.key} gate={gate} of={drawn} channel={!i} />))}
      </svg>
      <p className="silent flow-clock"><b ref={clock}>{ms(total)}</b> through the stages, shown {slower(total)} times slower; a place among many is drawn by its logarithm.</p>
    </div>
  );
}

function Post({ gate, of, channel }: { gate: Gate; of: Picture; channel: boolean }) {
  const size = Math.max(gate.to - gate.from, 2);
  const middle = (gate.from + gate.to) / 2;
  const bar = of.narrow
    ? { x: gate.from, y: gate.along - 2, width: size, height: 4 }
    : { x: gate.along - 2, y: gate.from, width: 4, height: size };
  if (channel) {
    return (
      <g className="post">
        <rect {...bar} rx="2" />
        {of.narrow ? (
          <text x={middle} y={gate.along - 8} transform={`rotate(-58 ${middle} ${gate.along - 8})`}>{gate.name} · {gate.items}</text>
        ) : (
          <text x={gate.along - 12} y={middle + 4} textAnchor="end">{gate.name}<tspan className="count"> {gate.items}</tspan></text>
        )}
      </g>
    );
  }
  return (
    <g className="post">
      <rect {...bar} rx="2" />
      {of.narrow ? (
        <text x={of.width - 4} y={gate.along - 7} textAnchor="end">{gate.name} <tspan className="count">{gate.items} · {ms(gate.milliseconds)}</tspan></text>
      ) : (
        <>
          <text x={gate.along} y="26" textAnchor="middle">{gate.name}</text>
          <text className="count" x={gate.along} y="392" textAnchor="middle">{gate.items}</text>
          <text className="count" x={gate.along} y="412" textAnchor="middle">{ms(gate.milliseconds)}</text>
        </>
      )}
    </g>
  );
}

/** Lets the front of the request run over the picture once for each id; without motion it is there. */
function usePlay(id: string, drawn: Picture) {
  const edge = useRef<SVGRectElement>(null);
  const clock = useRef<HTMLElement>(null);
  useEffect(() => {
    const total = drawn.ends.at(-1)?.time ?? 0;
    const side = drawn.narrow ? "height" : "width";
    const show = (share: number) => {
      const whole = drawn.narrow ? drawn.height : drawn.width;
      edge.current?.setAttribute(side, String(share < 1 ? front(drawn.ends, share * total) : whole));
      if (clock.current) clock.current.textContent = ms(share * total);
    };
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || !total) return show(1);
    const began = performance.now();
    let frame = requestAnimationFrame(function next(now) {
      const share = Math.min(Math.max((now - began) / LASTS, 0), 1);
      show(share);
      if (share < 1) frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
    // a picture that is only turned is not played again
  }, [id]); // eslint-disable-line
  useEffect(() => {
    edge.current?.setAttribute(drawn.narrow ? "width" : "height", String(drawn.narrow ? drawn.width : drawn.height));
  }, [drawn]);
  return [edge, clock] as const;
}

const slower = (total: number): string => (total > 0 ? Math.round(LASTS / total).toLocaleString("en") : "1");

const told = (funnel: readonly Passed[]): string =>
  `The way of one request: ${funnel.map((one) => `${one.stage} ${one.items}`).join(", ")}. The table below has the same.`;
