/** What a search is narrowed to: the address says it, and the server does it. */

export const FACETS = ["domain", "category", "creator", "decade"] as const;
export type Facet = (typeof FACETS)[number];
export type Narrowed = Readonly<Record<Facet, readonly string[]>>;

/** As the address has it. */
export function narrowed(query: URLSearchParams): Narrowed {
  const chosen = (facet: Facet) => [...new Set(query.getAll(facet))];
  return { domain: chosen("domain"), category: chosen("category"), creator: chosen("creator"), decade: chosen("decade") };
}

/** The same with a value more, or without it where it was there; of one decade or domain at a time. */
export function toggled(was: Narrowed, facet: Facet, value: string): Narrowed {
  const there = was[facet].includes(value);
  const alone = facet === "decade" || facet === "domain";
  const rest = alone ? [] : was[facet].filter((one) => one !== value);
  return { ...was, [facet]: there ? rest : [...rest, value] };
}

/** What goes into an address or a question, with what was taken back of the text. */
export const asked = (text: string, plain: readonly string[], chosen: Narrowed): string =>
  new URLSearchParams([
    ["q", text], ...plain.map((id) => ["plain", id]),
    ...FACETS.flatMap((facet) => chosen[facet].map((value) => [facet, value])),
  ]).toString();

/** The values to choose among: those that were counted, and before them those that are chosen. */
export function values(counts: Readonly<Record<string, number>> = {}, chosen: readonly string[]): [string, number | undefined][] {
  const lost = chosen.filter((value) => !Object.hasOwn(counts, value));
  return [...lost.map((value): [string, undefined] => [value, undefined]), ...Object.entries(counts)];
}
