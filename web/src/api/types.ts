/** The server's nouns: from its own document, and what newer servers add to an answer. */

import type { components } from "./schema";

type Schemas = components["schemas"];

/** The fields of `Ask` and the paths that the server of this tree has; put in by the build. */
declare const __ASK__: string[];
declare const __PATHS__: string[];
const knownAsk = new Set<string>(typeof __ASK__ === "undefined" ? [] : __ASK__);
const knownPaths = new Set<string>(typeof __PATHS__ === "undefined" ? [] : __PATHS__);
export const takes = (field: string): boolean => knownAsk.has(field);
export const has = (path: string): boolean => knownPaths.has(path);

export interface Creator {
  name: string;
  role?: string;
}

/** An item's card, as the catalogue keeps it. */
export interface Asset {
  asset_id: string;
  domain: string;
  title: string;
  text_content?: string | null;
  image_uri?: string | null;
  creators?: Creator[];
  categories?: string[];
  tags?: string[];
  price?: number | null;
  currency?: string | null;
  year?: number | null;
  published_at?: string | null;
  available?: boolean;
  minutes?: number | null;
  pages?: number | null;
}

export interface Part {
  name: string;
  value: number;
}

export interface Attribution {
  method: string;
  baseline: string;
  base: number;
  score: number;
  parts: Part[];
}

export interface Effect {
  code: string;
  text: string;
  from: number;
  to: number;
}

export interface Stage {
  stage: string;
  items: number;
  milliseconds: number;
}

export interface Policy {
  diversity?: {
    asked: number | null;
    similarity_before: number | null;
    similarity: number | null;
    cost: number | null;
  } | null;
  fairness?: {
    on: boolean;
    exposure_before?: Record<string, number>;
    exposure?: Record<string, number>;
    merit?: Record<string, number>;
    cost?: number | null;
    holds?: boolean | null;
  } | null;
}

export type Why = Schemas["Why"];

export type Item = Omit<Schemas["Item"], "asset" | "attribution" | "places" | "effects"> & {
  asset: Asset;
  attribution?: Attribution | null;
  places?: Record<string, number> | null;
  effects?: Effect[] | null;
};

export type Answer = Omit<Schemas["Answer"], "items" | "funnel" | "dropped" | "policy"> & {
  items: Item[];
  funnel?: Stage[] | null;
  dropped?: Record<string, number> | null;
  policy?: Policy | null;
};

export type Hit = Omit<Schemas["Hit"], "asset"> & { asset: Asset };
export type Hits = Omit<Schemas["Hits"], "items"> & { items: Hit[] };
export type Alike = Omit<Schemas["Alike"], "items"> & { items: Hit[] };
export type Reading = Schemas["Reading"];
export type Completion = Schemas["Completion"];
export type Around = Schemas["Around"];
export type Person = Schemas["Person"];
export type Status = Schemas["Status"] & { language?: { by: string; model: string } };

export interface Arrival {
  asset: Asset;
  at: string;
  known: boolean;
  neighbours: { asset_id: string; title: string }[];
  channels: string[];
  note: string;
}
