/** One slate as a page: a lead, a wall, and rows by reason. Nothing is lost and nothing doubled. */

import type { Asset, Item } from "../api/types";

export interface Row {
  heading: string;
  assets: Asset[];
}

export interface Page {
  lead: Item | undefined;
  wall: Asset[];
  rows: Row[];
}

const LEAST = 3; // items that make a row
export const REST = ""; // the heading of what has no row of its own
const CROWD = new Set(["popular", "new"]); // reasons that are the same for everybody

/** The first leads if `leads`, the next `wall` stand together, the rest go into rows by reason. */
export function arrange(items: readonly Item[], wall: number, leads: boolean): Page {
  const after = leads ? items.slice(1) : items;
  const groups = new Map<string, Item[]>();
  for (const item of after.slice(wall)) {
    const heading = headed(item);
    groups.set(heading, [...(groups.get(heading) ?? []), item]);
  }
  const large = [...groups].filter(([heading, row]) => row.length >= LEAST && heading !== REST);
  const named = new Set(large.map(([heading]) => heading));
  const small = after.slice(wall).filter((item) => !named.has(headed(item)));
  const rows = small.length ? [...large, [REST, small] as const] : large;
  return {
    lead: leads ? items[0] : undefined,
    wall: cards(after.slice(0, wall)),
    rows: rows.map(([heading, row]) => ({ heading, assets: cards(row) })),
  };
}

/** What a row may say of an item: rather what is the reader's own, where the first is not sure. */
function headed({ reasons }: Item): string {
  return (reasons.find((reason) => !CROWD.has(reason.code)) ?? reasons[0])?.text ?? REST;
}

const cards = (items: readonly Item[]): Asset[] => items.map((item) => item.asset);
