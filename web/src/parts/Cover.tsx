/** An item's picture; where there is none, or it does not come, its title set as a cover. */

import { useState, type CSSProperties } from "react";
import type { Asset } from "../api/types";
import { hue, makers, shape } from "./words";

/** Only the server's own pictures are shown: the page asks nobody else for anything. */
export const own = (uri: string | null | undefined): uri is string =>
  !!uri && uri.startsWith("/") && !uri.startsWith("//");

interface Props {
  asset: Asset;
  eager?: boolean;
  morph?: boolean; // takes part in the transition to another page
}

export function Cover({ asset, eager = false, morph = false }: Props) {
  const [failed, setFailed] = useState("");
  const uri = own(asset.image_uri) ? asset.image_uri : "";
  const ratio = shape(asset.domain);
  const style = {
    "--ratio": ratio,
    "--hue": hue(asset.categories?.[0] ?? asset.domain),
    "--turn": hue(asset.title),
    ...(morph && { viewTransitionName: "cover" }),
  } as CSSProperties;
  if (!uri || failed === uri) return <Typographic asset={asset} style={style} />;
  return (
    <span className="cover" style={style}>
      <img
        src={uri}
        alt=""
        loading={eager ? "eager" : "lazy"}
        decoding="async"
        width={Math.round(360 * Math.max(ratio, 1))}
        height={Math.round(360 * Math.max(ratio, 1) / ratio)}
        onError={() => setFailed(uri)}
      />
    </span>
  );
}

const MOTIFS = ["ring", "slope", "bars", "dots"];

function Typographic({ asset, style }: { asset: Asset; style: CSSProperties }) {
  const motif = MOTIFS[hue(asset.title) % MOTIFS.length];
  const long = asset.title.length > 44 ? "long" : asset.title.length > 22 ? "middling" : "short";
  return (
    <span className="cover set" style={style} data-motif={motif} data-long={long} aria-hidden="true">
      <span className="set-kind">{asset.categories?.[0] ?? asset.domain}</span>
      <span className="set-title">{asset.title}</span>
      <span className="set-by">{makers(asset, 1)}</span>
    </span>
  );
}
