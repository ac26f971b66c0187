import { expect, test } from "vitest";
import type { Item } from "../src/api/types";
import { filling } from "../src/state/lines";
import { arrange, REST } from "../src/state/rows";

const item = (position: number, text: string): Item => ({
  asset_id: `a${position}`, position, score: 0, propensity: 1, channels: {},
  reasons: text ? [{ code: "because", text, evidence: [], channels: [] }] : [],
  asset: { asset_id: `a${position}`, domain: "films", title: `A ${position}` },
});

const every = (page: ReturnType<typeof arrange>) => [
  ...(page.lead ? [page.lead.asset_id] : []), ...page.wall.map((one) => one.asset_id),
  ...page.rows.flatMap((row) => row.assets.map((one) => one.asset_id)),
];

const items = ["x", "x", "y", "x", "x", "x", "y", "", "z", "x"].map((text, n) => item(n, text));

test("nothing is lost and nothing doubled", () => {
  for (const wall of [0, 3, 99])
    for (const leads of [true, false])
      expect(every(arrange(items, wall, leads)).sort()).toEqual(items.map((one) => one.asset_id).sort());
});

test("a reason makes a row from three items on, and the rest stand together in their order", () => {
  const { rows } = arrange(items, 2, true);
  expect(rows.map((row) => row.heading)).toEqual(["x", REST]);
  expect(rows[1]!.assets.map((one) => one.asset_id)).toEqual(["a6", "a7", "a8"]);
});

test("a row says rather what is the reader's own, where the first reason is not sure", () => {
  const both = (n: number): Item => {
    const own = item(n, "Because you watched X");
    return { ...own, reasons: [{ ...own.reasons[0]!, code: "popular", text: "Popular" }, ...own.reasons] };
  };
  expect(arrange([both(0), both(1), both(2)], 0, false).rows.map((row) => row.heading)).toEqual(["Because you watched X"]);
});

test("an empty slate is an empty page", () => {
  expect(arrange([], 5, true)).toEqual({ lead: undefined, wall: [], rows: [] });
});

test("a wall ends with a line, as near to what was wanted as it can", () => {
  const room = { width: 1000, tall: 200, gap: 20 }; // four squares are 860, a fifth does not fit
  const squares = Array.from({ length: 30 }, () => 1);
  expect(filling(squares, room, 16)).toBe(16);
  expect(filling(squares, room, 15)).toBe(16);
  expect(filling(squares, room, 13)).toBe(12);
  expect(filling(squares.slice(0, 3), room, 16)).toBe(16);
  expect(filling(squares, undefined, 16)).toBe(16);
});
