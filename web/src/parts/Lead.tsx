/** What stands first, at length. */

import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Asset, Item } from "../api/types";
import { to } from "../state/route";
import { t } from "../words";
import type { Acts } from "./Card";
import { Cover, own } from "./Cover";
import { Glow } from "./Glow";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { domain, makers, takesLong, year } from "./words";

export function Lead({ item, acts, liked }: { item: Item; acts: Acts; liked: boolean }) {
  const { asset } = item;
  const { did, act } = useDone(asset, acts);
  return (
    <article className="lead" data-domain={asset.domain}>
      {own(asset.image_uri) && <Glow uri={asset.image_uri} />}
      <Link className="lead-cover" href={to.item(asset.asset_id)} tabIndex={-1} aria-hidden="true">
        <Cover asset={asset} eager />
      </Link>
      <div className="lead-words">
        <p className="kicker">{[domain(asset.domain), asset.categories?.[0], year(asset), takesLong(asset)].filter(Boolean).join(" · ")}</p>
        <h2 className="lead-title"><Link href={to.item(asset.asset_id)}>{asset.title}</Link></h2>
        <p className="lead-by">{makers(asset)}</p>
        {asset.text_content && <p className="lead-text">{asset.text_content}</p>}
        {item.reasons.length > 0 && <p className="reason">{item.reasons.map((reason) => reason.text).join(" · ")}</p>}
        <p className="lead-acts">
          <button type="button" className="pill" aria-pressed={liked} onClick={() => act("like")}>
            <Icon name="heart" size={18} /> {t(liked ? "liked" : "like")}
          </button>
          <button type="button" className="pill quiet" onClick={() => act("dismiss")}>{t("notForMe")}</button>
          <button type="button" className="pill quiet" onClick={() => acts.why?.(asset)}>{t("whyThis")}</button>
          <span className="lead-did" role="status">{did && <Icon name="check" size={15} />} {did}</span>
        </p>
      </div>
    </article>
  );
}

const STILL = 600; // milliseconds after another took the place, in which a click was meant for the one before
const TOLD = 4000; // milliseconds for which is said what was done

/** What was done to what stood here; the next thing to stand here is safe from a second click. */
function useDone(asset: Asset, acts: Acts) {
  const [did, say] = useState("");
  const acted = useRef("");
  const changed = useRef(-Infinity);
  useLayoutEffect(() => {
    if (!acted.current || acted.current === asset.asset_id) return;
    acted.current = "";
    changed.current = performance.now();
  }, [asset.asset_id]);
  useEffect(() => {
    if (!did) return;
    const timer = setTimeout(() => say(""), TOLD);
    return () => clearTimeout(timer);
  }, [did]);
  const act = (kind: "like" | "dismiss") => {
    if (performance.now() - changed.current < STILL) return;
    acted.current = asset.asset_id;
    say(t(kind === "like" ? "didLike" : "didDismiss", { title: asset.title }));
    acts[kind]?.(asset);
  };
  return { did, act };
}

export function LeadBones() {
  return (
    <div className="lead bones" aria-hidden="true">
      <span className="lead-cover"><span className="cover" style={{ "--ratio": 2 / 3 } as never} /></span>
      <div className="lead-words"><p className="kicker bone" /><p className="lead-title bone" /><p className="lead-text bone" /></div>
    </div>
  );
}
