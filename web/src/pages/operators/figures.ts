/** Figures and words of the operators' pages, which are in English. */

import * as words from "../../parts/words";

export { capital } from "../../parts/words";

export const percent = (share: number): string => words.percent(share, "en");
export const few = (value: number): string => words.few(value, "en");
export const ago = (from: number, now: number): string => words.ago(from, now, "en");

export const count = (n: number, one: string, more = `${one}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

/** `channel.sasrec` by its own name. */
export const stage = (name: string): string => {
  const [first, ...rest] = name.split(".");
  return rest.length ? `${rest.join(" ")} (${first})` : name;
};
