/** Figures and facts in words. */

import type { Asset, Creator } from "../api/types";

/** Width over height of a domain's pictures. */
export function shape(domain: string): number {
  if (/film|movie|book|series|tv/.test(domain)) return 2 / 3;
  if (/news|article|video|mind/.test(domain)) return 3 / 2;
  return 1;
}

/** The same text has the same hue everywhere, 0 to 360. */
export function hue(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)!) % 360;
  return (sum * 137) % 360;
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Who is named first: directors before actors, as the card has them. */
export const makers = (asset: Asset, most = 2): string =>
  (asset.creators ?? []).slice(0, most).map((one) => one.name).join(", ");

/** The people of a card by what they did, in its order. */
export function byRole(creators: readonly Creator[]): [string, string[]][] {
  const out = new Map<string, string[]>();
  for (const { name, role } of creators) {
    const key = role || "creator";
    out.set(key, [...(out.get(key) ?? []), name]);
  }
  return [...out];
}

export const year = (asset: Asset): string => (asset.year == null ? "" : String(asset.year));

export function money(asset: Asset): string {
  if (asset.price == null) return "";
  if (!asset.currency) return asset.price.toFixed(2);
  try {
    const style = { style: "currency", currency: asset.currency } as const;
    return new Intl.NumberFormat("en", style).format(asset.price);
  } catch {
    return `${asset.price.toFixed(2)} ${asset.currency}`; // a currency nobody registered
  }
}

export const percent = (share: number): string => {
  const value = 100 * share;
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} %`;
};

export const few = (value: number): string =>
  Math.abs(value) >= 100
    ? value.toFixed(0)
    : Math.abs(value) < 1e-6 // rounding
      ? "0"
      : Number(value.toPrecision(3)).toString();

export const count = (n: number, one: string, more = `${one}s`): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

/** Words that were found, each by itself: “funny”, “films”. */
export const listed = (words: string): string =>
  words.split(" ").filter(Boolean).map((word) => `“${word}”`).join(", ");

/** `channel.sasrec` for people. */
export const stage = (name: string): string => {
  const [first, ...rest] = name.split(".");
  return rest.length ? `${rest.join(" ")} (${first})` : name;
};

/** How long ago, from milliseconds. */
export function ago(from: number, now: number): string {
  const minutes = Math.max(0, Math.round((now - from) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${count(minutes, "minute")} ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${count(hours, "hour")} ago`;
  return `${count(Math.round(hours / 24), "day")} ago`;
}
