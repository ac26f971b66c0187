import { describe, expect, it } from "vitest";
import { across, front, picture } from "../src/pages/operators/flow";
import { every } from "../src/pages/operators/charts";
import { judged } from "../src/pages/operators/Overview";
import type { Stages } from "../src/pages/operators/ask";
import { blocks } from "../src/pages/operators/markdown";

const FUNNEL = [
  { stage: "channel.one", items: 100, milliseconds: 1 },
  { stage: "channel.two", items: 0, milliseconds: 1 },
  { stage: "blend", items: 100, milliseconds: 0.5 },
  { stage: "slate", items: 2, milliseconds: 0.5 },
];
const ITEMS = [
  { asset_id: "a", places: { "channel.one": 0, blend: 3, slate: 0 } },
  { asset_id: "b", places: { blend: 99, slate: 1 } },
  { asset_id: "c" },
];

describe("the picture of a request", () => {
  for (const narrow of [false, true]) {
    const drawn = picture(FUNNEL, ITEMS, narrow);

    it(`has the channels first and then a column a stage, narrow ${narrow}`, () => {
      expect(drawn.columns.map((column) => column.map((gate) => gate.key))).toEqual([
        ["channel.one", "channel.two"], ["blend"], ["slate"],
      ]);
    });

    it(`draws a thread for each item that stood somewhere, narrow ${narrow}`, () => {
      expect(drawn.threads.map((one) => one.path !== "")).toEqual([true, true, false]);
      expect(JSON.stringify(drawn)).not.toContain("NaN");
    });

    it(`stays within its frame, narrow ${narrow}`, () => {
      for (const gate of drawn.columns.flat()) {
        expect(gate.from).toBeGreaterThanOrEqual(0);
        expect(gate.to).toBeLessThanOrEqual(narrow ? drawn.width : drawn.height);
      }
    });
  }

  it("lets nothing flow from a channel that brought nothing", () => {
    expect(picture(FUNNEL, ITEMS, false).streams).toHaveLength(2);
  });

  it("moves the front with the time that each stage took", () => {
    const { ends } = picture(FUNNEL, [], false);
    expect(ends.map((end) => end.time)).toEqual([2, 2.5, 3]);
    expect(front(ends, 0)).toBe(0);
    expect(front(ends, 2)).toBe(ends[0]!.along);
    expect(front(ends, 2.25)).toBe((ends[0]!.along + ends[1]!.along) / 2);
    expect(front(ends, 99)).toBe(ends[2]!.along);
  });

  it("keeps the order of places across a gate", () => {
    const gate = picture(FUNNEL, [], false).columns[1]![0]!;
    const cross = [0, 1, 10, 99].map((place) => across(gate, place));
    expect([...cross].sort((a, b) => a - b)).toEqual(cross);
    expect(cross[0]).toBeGreaterThanOrEqual(gate.from);
    expect(cross.at(-1)).toBeLessThanOrEqual(gate.to);
  });

  it("is empty for an empty funnel", () => {
    expect(picture([], [], false).columns).toEqual([[]]);
    expect(front([], 1)).toBe(0);
  });
});

describe("a card's Markdown", () => {
  it("falls into headings, words, tables and lists", () => {
    const text = "# sasrec\n\nAn idea\nin two lines.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n- one\n- two\n";
    expect(blocks(text)).toEqual([
      ["# sasrec"], ["An idea", "in two lines."], ["| a | b |", "|---|---|", "| 1 | 2 |"], ["- one", "- two"],
    ]);
  });
});

describe("health in a word", () => {
  const calm: Stages = { seconds: 1, requests: 1, per_second: 1, lately: [], stages: [], degraded: {}, newcomers: 0, answers: { "slate 200": 9 } };
  const state = (change: Partial<Stages>, tier = 2) => judged({ ...calm, ...change }, tier).state;

  it("is worse the more is missing", () => {
    expect([state({}), state({ degraded: { rank: 1 } }), state({}, 3)]).toEqual(["well", "less", "less"]);
    expect(state({ degraded: { rank: 1 }, answers: { "slate 503": 1 } })).toBe("fails");
    expect(judged(calm, undefined).state).toBe("well");
  });
});

describe("the labels of an axis", () => {
  it("stand as near as they can without touching", () => {
    expect([every(4, 600), every(4, 180), every(4, 60), every(4, 0)]).toEqual([1, 2, 5, 5]);
  });
});
