/** Where everything of a request's picture stands: the stages as gates, what passes as streams. */

import { stage } from "./figures";
import type { Passed } from "./ask";

export interface Gate {
  key: string;
  name: string;
  items: number;
  milliseconds: number;
  along: number;
  from: number; // across
  to: number;
}

export interface Thread {
  id: string;
  path: string;
  faint: string; // from the other channels that had it
}

export interface Picture {
  width: number;
  height: number;
  narrow: boolean;
  columns: Gate[][]; // the channels, then one stage each
  streams: string[];
  threads: Thread[];
  ends: { along: number; time: number }[]; // when the front of the request passes
}

interface Placed {
  asset_id: string;
  places?: Record<string, number> | null | undefined;
}

const WIDE = { start: 150, end: 950, low: 56, high: 356, width: 1000, height: 430 };
const NARROW = { start: 118, end: 590, low: 12, high: 328, width: 340, height: 640 };

/** The point of a place across a gate; the first places have more room than the last. */
export function across(gate: Gate, place: number): number {
  const share = Math.log1p(Math.min(place, gate.items)) / Math.log1p(Math.max(gate.items, 1));
  return gate.from + (gate.to - gate.from) * (0.04 + 0.92 * share);
}

export function picture(funnel: readonly Passed[], items: readonly Placed[], narrow: boolean): Picture {
  const room = narrow ? NARROW : WIDE;
  const channels = funnel.filter((one) => one.stage.startsWith("channel."));
  const stages = funnel.filter((one) => !one.stage.startsWith("channel."));
  const most = Math.log1p(Math.max(...funnel.map((one) => one.items), 1));
  const middle = (room.low + room.high) / 2;
  const step = (room.end - room.start) / Math.max(stages.length, 1);
  const columns = [beside(channels, room, most)];
  stages.forEach((one, i) => {
    const half = Math.max(((room.high - room.low) / 2) * (Math.log1p(one.items) / most), 3);
    columns.push([{ ...named(one), along: room.start + step * (i + 1), from: middle - half, to: middle + half }]);
  });
  const at = (along: number, cross: number) => (narrow ? `${cross.toFixed(1)} ${along.toFixed(1)}` : `${along.toFixed(1)} ${cross.toFixed(1)}`);
  const bend = (a: number, x: number, b: number, y: number) => {
    const half = (a + b) / 2;
    return `C${at(half, x)} ${at(half, y)} ${at(b, y)}`;
  };
  const streams = columns.slice(1).flatMap((column, i) => {
    const [next] = column as [Gate];
    return columns[i]!.filter((one) => one.items).map((one) =>
      `M${at(one.along, one.from)}${bend(one.along, one.from, next.along, next.from)}L${at(next.along, next.to)}${bend(next.along, next.to, one.along, one.to)}Z`,
    );
  });
  const threads = items.map(({ asset_id, places }) => thread(asset_id, places ?? {}, columns, at, bend));
  return { width: room.width, height: room.height, narrow, columns, streams, threads, ends: ends(columns) };
}

const named = (one: Passed) => ({
  key: one.stage, name: one.stage.startsWith("channel.") ? one.stage.slice(8) : stage(one.stage), items: one.items, milliseconds: one.milliseconds,
});

function beside(channels: readonly Passed[], room: typeof WIDE, most: number): Gate[] {
  const gap = 8;
  const whole = room.high - room.low - gap * Math.max(channels.length - 1, 0);
  const weights = channels.map((one) => Math.max(Math.log1p(one.items) / most, 0.08));
  const sum = weights.reduce((a, b) => a + b, 0) || 1;
  let from = room.low;
  return channels.map((one, i) => {
    const to = from + (whole * weights[i]!) / sum;
    const gate = { ...named(one), along: room.start, from, to };
    from = to + gap;
    return gate;
  });
}

type At = (along: number, cross: number) => string;
type Bend = (a: number, x: number, b: number, y: number) => string;

function thread(id: string, places: Record<string, number>, columns: Gate[][], at: At, bend: Bend): Thread {
  const [channels = [], ...stages] = columns;
  const found = channels.filter((gate) => places[gate.key] !== undefined);
  found.sort((a, b) => places[a.key]! - places[b.key]!);
  const way = stages.flat().filter((gate) => places[gate.key] !== undefined);
  const points = [...found.slice(0, 1), ...way].map((gate) => ({ along: gate.along, cross: across(gate, places[gate.key]!) }));
  const path = points.map((one, i) => {
    const before = points[i - 1];
    return before ? bend(before.along, before.cross, one.along, one.cross) : `M${at(one.along, one.cross)}`;
  }).join("");
  const first = way[0];
  const faint = first ? found.slice(1).map((gate) => {
    const cross = across(gate, places[gate.key]!);
    return `M${at(gate.along, cross)}${bend(gate.along, cross, first.along, across(first, places[first.key]!))}`;
  }).join("") : "";
  return { id, path: points.length > 1 ? path : "", faint };
}

function ends(columns: Gate[][]): Picture["ends"] {
  let time = 0;
  return columns.flatMap((column) => {
    time += column.reduce((sum, gate) => sum + gate.milliseconds, 0);
    return column[0] ? [{ along: column[0].along, time }] : [];
  });
}

/** Where the front of the request is after so many milliseconds. */
export function front(ends: Picture["ends"], time: number): number {
  let before = { along: 0, time: 0 };
  for (const end of ends) {
    if (time <= end.time) {
      const share = end.time > before.time ? (time - before.time) / (end.time - before.time) : 1;
      return before.along + (end.along - before.along) * share;
    }
    before = end;
  }
  return before.along;
}
