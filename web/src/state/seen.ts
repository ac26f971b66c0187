/** Cards that were on the page, so that an item's own page has its title and picture at once. */

import type { Answer, Asset, Item } from "../api/types";

const MOST = 2000;
const cards = new Map<string, Asset>();
const slates = new Map<string, { answer: Answer; item: Item }>();

function put<T>(into: Map<string, T>, id: string, value: T): void {
  into.delete(id);
  into.set(id, value);
  const oldest = into.keys().next();
  if (into.size > MOST && !oldest.done) into.delete(oldest.value);
}

const titles = new Map<string, string>(); // of what has no card here

export const named = (id: string, title: string): void => put(titles, id, title);
export const title = (id: string): string => cards.get(id)?.title ?? titles.get(id) ?? id;
export const card = (id: string): Asset | undefined => cards.get(id);
export const shown = (id: string): { answer: Answer; item: Item } | undefined => slates.get(id);

export function saw(assets: Iterable<Asset>): void {
  for (const asset of assets) put(cards, asset.asset_id, asset);
}

export function sawAnswer(answer: Answer): void {
  saw(answer.items.map((item) => item.asset));
  for (const item of answer.items) put(slates, item.asset_id, { answer, item });
}
