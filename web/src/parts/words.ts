/** Figures and facts in words. */

import type { Asset, Creator } from "../api/types";
import { language, named, t } from "../words";

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

/** A domain's name for people. */
export const domain = (name: string): string => capital(named("domain", name));

/** Who is named first: directors before actors, as the card has them. */
export const makers = (asset: Asset, most = 2): string =>
  (asset.creators ?? []).slice(0, most).map((one) => one.name).join(", ");

/** What somebody did; who publishes music is no publisher of books. */
export function role(name: string, of: string): string {
  const own = `${name}.${of}`;
  const said = named("role", own);
  return said === own ? named("role", name) : said;
}

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

/** How much of a reader's time it takes. */
export function takesLong(asset: Asset): string {
  if (asset.minutes) return t("minutes", { n: Math.round(asset.minutes) });
  return asset.pages ? t("pages", { n: Math.round(asset.pages) }) : "";
}

export function money(asset: Asset): string {
  if (asset.price == null) return "";
  if (!asset.currency) return asset.price.toFixed(2);
  try {
    const style = { style: "currency", currency: asset.currency } as const;
    return new Intl.NumberFormat(language(), style).format(asset.price);
  } catch {
    return `${asset.price.toFixed(2)} ${asset.currency}`; // a currency nobody registered
  }
}

const LEAST = 0.001; // of a whole, with one digit

const minus = (figure: string): string => figure.replace("-", "\u2212");

/** A share, in one piece on its line; what is too little for its digits is not said to be nothing. */
export function percent(share: number, tongue: string = language()): string {
  const digits = share !== 0 && Math.abs(100 * share) < 10 ? 1 : 0;
  const form = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  const written = (value: number) => minus(value.toLocaleString(tongue, form)).replace(/\s/g, "\u202f");
  if (share === 0 || Math.abs(share) >= LEAST / 2) return written(share);
  return tongue === "en" ? `under ${written(LEAST)}` : t("under", { share: written(LEAST) });
}

export function few(value: number, tongue: string = language()): string {
  if (Math.abs(value) < 1e-6) return "0"; // rounding
  const large = Math.abs(value) >= 100;
  const form = large ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 };
  return minus(value.toLocaleString(tongue, { ...form, useGrouping: false }));
}

export const milliseconds = (value: number | undefined): string =>
  (value ?? 0).toLocaleString(language(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** Words that were found, each by itself: “funny”, “films”. */
export const listed = (words: string): string =>
  words.split(" ").filter(Boolean).map((word) => `“${word}”`).join(", ");

/** What a channel looks at, for people; its own name where nobody has said. */
const LOOKS: Record<string, string> = {
  sasrec: "order", hstu: "order", session: "order", ode: "order", diffusion: "order", lorentz: "order",
  transition: "next", itemknn: "same", ease: "same", ials: "same", bpr: "same", twotower: "same",
  lightgcn: "same", ultragcn: "same", gfcf: "same", bspm: "same", bridge: "domains", content: "content", effects: "wish",
  cold_start: "content", text: "words", semantic: "meaning", graph: "graph", popularity: "many", trending: "many",
};
export const channel = (name: string): string => {
  const short = name.replaceAll("-", "_").replace("two_tower", "twotower");
  return Object.hasOwn(LOOKS, short) ? named("find", LOOKS[short]!) : name;
};

/** `channel.sasrec` and `prerank` for people. */
export const stage = (name: string): string => {
  const [first, ...rest] = name.split(".");
  return rest.length ? channel(rest.join(".")) : named("stage", first!);
};

const STEPS = [["minute", 60_000, 60], ["hour", 3_600_000, 48], ["day", 86_400_000, Infinity]] as const;

/** How long ago, from milliseconds. */
export function ago(from: number, now: number, tongue: string = language()): string {
  const past = Math.max(0, now - from);
  if (Math.round(past / 60_000) < 1) return tongue === "en" ? "just now" : t("justNow");
  const [unit, size] = STEPS.find(([, length, most]) => Math.round(past / length) < most)!;
  return new Intl.RelativeTimeFormat(tongue, { numeric: "always" }).format(-Math.round(past / size), unit);
}
