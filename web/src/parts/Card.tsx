/** One item among others: picture first, then its name, and what can be done with it. */

import { memo, type CSSProperties } from "react";
import type { Asset } from "../api/types";
import { to } from "../state/route";
import { t, useLanguage } from "../words";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { domain, makers, shape, year } from "./words";

export interface Acts {
  choose?: ((asset: Asset) => void) | undefined; // a newcomer's click, in place of opening it
  like?: ((asset: Asset) => void) | undefined;
  dismiss?: ((asset: Asset) => void) | undefined;
  why?: ((asset: Asset) => void) | undefined;
}

interface Props extends Acts {
  asset: Asset;
  active: boolean; // the stop of its row
  liked?: boolean;
  eager?: boolean;
  note?: string; // in place of who made it
}

/** Drawn again only when something of it changed: a click draws fifty of these. */
export const Card = memo(function Card({ asset, active, liked = false, eager = false, note, ...acts }: Props) {
  useLanguage();
  const stop = { tabIndex: active ? 0 : -1, "data-stop": "" };
  const style = { "--ratio": shape(asset.domain) } as CSSProperties;
  const inside = (
    <>
      <Cover asset={asset} eager={eager} />
      <span className="card-title">{asset.title}</span>
      <span className="card-by">{note ?? (makers(asset, 1) || year(asset))}</span>
    </>
  );
  return (
    <li className="card" style={style} data-flip={asset.asset_id} data-domain={asset.domain}>
      {acts.choose ? (
        <button
          {...stop} type="button" className="card-open choose"
          aria-label={t("choose", { title: asset.title, domain: domain(asset.domain) })}
          onClick={() => acts.choose?.(asset)}
        >
          {inside}
          <span className="plus"><Icon name="plus" /></span>
        </button>
      ) : (
        <Link {...stop} className="card-open" href={to.item(asset.asset_id)} title={asset.title}>
          <span className="unseen">{domain(asset.domain)}: </span>
          {inside}
        </Link>
      )}
      <Buttons asset={asset} liked={liked} active={active} acts={acts} />
    </li>
  );
});

interface ButtonsProps {
  asset: Asset;
  liked: boolean;
  active: boolean;
  acts: Acts;
}

function Buttons({ asset, liked, active, acts }: ButtonsProps) {
  const { like, dismiss, why } = acts;
  if (!like && !dismiss && !why) return null;
  const tabIndex = active ? 0 : -1;
  return (
    <span className="card-acts">
      {like && (
        <button
          type="button" className="round" tabIndex={tabIndex} aria-pressed={liked}
          aria-label={t("likeIt", { title: asset.title })} title={t("more")} onClick={() => like(asset)}
        >
          <Icon name="heart" size={17} />
        </button>
      )}
      {dismiss && (
        <button
          type="button" className="round" tabIndex={tabIndex} title={t("notForMe")}
          aria-label={t("notForMeIt", { title: asset.title })} onClick={() => dismiss(asset)}
        >
          <Icon name="close" size={17} />
        </button>
      )}
      {why && (
        <button
          type="button" className="round" tabIndex={tabIndex} title={t("whyThis")}
          aria-label={t("whyIt", { title: asset.title })} onClick={() => why(asset)}
        >
          <Icon name="why" size={17} />
        </button>
      )}
    </span>
  );
}
