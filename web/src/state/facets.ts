/** Narrowing what was found by the facets the server counted. */

import type { Asset } from "../api/types";

export type Narrowed = Record<string, string | undefined>;

const TESTS: Record<string, (asset: Asset, value: string) => boolean> = {
  domain: (asset, value) => asset.domain === value,
  category: (asset, value) => asset.categories?.includes(value) ?? false,
  creator: (asset, value) => asset.creators?.some((one) => one.name === value) ?? false,
  decade: (asset, value) => asset.year != null && `${Math.floor(asset.year / 10) * 10}s` === value,
};

/** The assets that every chosen value fits, in their order; a facet we do not know keeps all. */
export function narrow(assets: readonly Asset[], chosen: Narrowed): readonly Asset[] {
  const wanted = Object.entries(chosen).filter(([facet, value]) => value && TESTS[facet]);
  if (!wanted.length) return assets;
  return assets.filter((asset) => wanted.every(([facet, value]) => TESTS[facet]!(asset, value!)));
}
