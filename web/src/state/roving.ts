/** One stop for Tab in a row of things, and the arrows for the rest. */

import { useCallback, useLayoutEffect, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";

const STOPS = "[data-stop]";

/** The nearest stop in the next or last line, by where things are drawn. */
function line(stops: HTMLElement[], at: number, down: boolean): number {
  const here = stops[at]!.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  let best = at;
  let least = Infinity;
  stops.forEach((stop, index) => {
    const box = stop.getBoundingClientRect();
    const away = down ? box.top - here.bottom : here.top - box.bottom;
    if (away < -4 || index === at) return;
    const cost = away * 4 + Math.abs(box.left + box.width / 2 - middle);
    if (cost < least) [best, least] = [index, cost];
  });
  return best;
}

/** Where a key leads among `stops`; undefined when the key is not ours. */
function target(key: string, stops: HTMLElement[], at: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return Math.min(at + 1, stops.length - 1);
    case "ArrowLeft":
      return Math.max(at - 1, 0);
    case "Home":
      return 0;
    case "End":
      return stops.length - 1;
    case "ArrowDown":
    case "ArrowUp":
      return line(stops, at, key === "ArrowDown");
    default:
      return undefined;
  }
}

/** Props for the row, and the place of the one stop that Tab reaches. */
export function useRoving(): {
  active: number;
  row: {
    onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
    onFocus: (event: FocusEvent<HTMLElement>) => void;
    onBlur: (event: FocusEvent<HTMLElement>) => void;
  };
} {
  const [active, set] = useState(0);
  const held = useRef<HTMLElement>(null); // the row, while the focus is in it
  useLayoutEffect(() => {
    if (!held.current || document.activeElement !== document.body) return;
    const stops = held.current.querySelectorAll<HTMLElement>(STOPS); // what had the focus is gone: to what took its place
    stops[Math.min(active, stops.length - 1)]?.focus({ preventScroll: true });
  });
  const onKeyDown = useCallback((event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(STOPS)];
    const at = stops.indexOf((event.target as HTMLElement).closest<HTMLElement>(STOPS)!);
    const next = at < 0 ? undefined : target(event.key, stops, at);
    if (next === undefined) return;
    event.preventDefault();
    stops[next]?.focus();
    stops[next]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, []);
  const onFocus = useCallback((event: FocusEvent<HTMLElement>) => {
    const stops = [...event.currentTarget.querySelectorAll<HTMLElement>(STOPS)];
    const inside = (event.target as HTMLElement).closest("li")?.querySelector<HTMLElement>(STOPS);
    const at = inside ? stops.indexOf(inside) : -1;
    held.current = event.currentTarget;
    if (at >= 0) set(at);
  }, []);
  const onBlur = useCallback(({ target }: FocusEvent<HTMLElement>) => {
    queueMicrotask(() => {
      if (target.isConnected && !held.current?.contains(document.activeElement)) held.current = null;
    });
  }, []);
  return { active, row: { onKeyDown, onFocus, onBlur } };
}
