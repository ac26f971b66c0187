/** What the interface says, in the reader's language: a table of words for each, no library. */

import { Fragment, createElement, useSyncExternalStore, type ReactNode } from "react";
import { keep, recall } from "../state/stored";
import { EN, type Key, type Words } from "./en";

export type { Key } from "./en";

export const LANGUAGES = { en: "English", de: "Deutsch", fr: "Français", es: "Español" } as const;
export type Language = keyof typeof LANGUAGES;

const TABLES: Record<Language, () => Promise<Words>> = {
  en: () => Promise.resolve(EN),
  de: () => import("./de").then((table) => table.DE),
  fr: () => import("./fr").then((table) => table.FR),
  es: () => import("./es").then((table) => table.ES),
};

let now: Language = "en";
let words: Words = EN;
let wanted: Language = now;
const listeners = new Set<() => void>();

export const language = (): Language => now;

/** The first of these that there is a table for: `de-AT` is German. */
export function spoken(wanted: readonly (string | null)[]): Language {
  for (const one of wanted) {
    const short = one?.toLowerCase().split(/[-_]/)[0] ?? "";
    if (Object.hasOwn(LANGUAGES, short)) return short as Language;
  }
  return "en";
}

/** Everything is said in that language from when its table is here; English where it does not come. */
export async function speak(next: Language): Promise<void> {
  wanted = next;
  let [table, tongue] = [EN as Words, "en" as Language];
  try {
    [table, tongue] = [await TABLES[next](), next];
  } catch {
    // it stays English
  }
  if (wanted !== next) return; // another was chosen meanwhile
  [words, now] = [table, tongue];
  document.documentElement.lang = now;
  for (const listener of listeners) listener();
}

/** As it was chosen here, else as the browser has it. */
export const begin = (): Promise<void> => speak(spoken([recall("language"), ...navigator.languages]));

export function choose(next: Language): void {
  keep("language", next);
  void speak(next);
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Whoever uses it is drawn again when the language changes. */
export const useLanguage = (): Language => useSyncExternalStore(subscribe, language);

type Slots = Record<string, string | number>;

const known = (key: string): key is Key => Object.hasOwn(words, key);

/** The sentence before its slots are filled; `n` says whether it is for one thing or many. */
function template(key: Key, n: unknown): string {
  const [one, many] = words[key].split("|") as [string, string?];
  if (many === undefined || typeof n !== "number") return one;
  return new Intl.PluralRules(now).select(n) === "one" ? one : many;
}

const written = (value: string | number): string =>
  typeof value === "number" ? value.toLocaleString(now) : value;

/** A sentence in words. */
export function t(key: Key, slots: Slots = {}): string {
  return template(key, slots["n"]).replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(slots, name) ? written(slots[name]!) : whole,
  );
}

/** A sentence with parts of the page in it. */
export function rich(key: Key, slots: Record<string, ReactNode>): ReactNode[] {
  return template(key, slots["n"])
    .split(/\{(\w+)\}/)
    .map((part, place) => {
      if (place % 2 === 0) return part;
      const slot = slots[part];
      return createElement(Fragment, { key: part }, typeof slot === "number" ? written(slot) : slot);
    });
}

/** A name of the server's in the reader's words, as it is where there are none for it. */
export function named(kind: string, name: string): string {
  const key = `${kind}.${name}`;
  return known(key) ? words[key] : name;
}
