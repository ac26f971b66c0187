/** The newcomer's strip: five empty places that fill, and the way back. */

import { STEPS, type Deed } from "../state/reader";
import { to } from "../state/route";
import { t, type Key } from "../words";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { Link } from "./Link";

interface Props {
  deeds: Deed[];
  becoming: boolean;
  trouble: string;
  undo: (index: number) => void;
  anew: () => void;
}

export function Becoming({ deeds, becoming, trouble, undo, anew }: Props) {
  const liked = deeds.map((deed, index) => ({ ...deed, index })).filter((deed) => deed.kind !== "dismiss");
  const shown = liked.slice(-STEPS);
  const left = STEPS - liked.length;
  return (
    <section className="becoming" data-open={becoming || undefined} aria-label={t("becoming")}>
      <div className="becoming-words">
        <h1 tabIndex={-1}>{heading(liked.length, becoming)}</h1>
        <p>
          {becoming ? t("chooseMore", { n: left }) : t("becameThen")}
        </p>
      </div>
      <div className="becoming-row">
        <ol className="slots" aria-label={t("youBecome")}>
          {shown.map((deed) => (
            <li key={deed.asset.asset_id} className="slot full">
              <Link href={to.item(deed.asset.asset_id)} aria-label={deed.asset.title} title={deed.asset.title}>
                <Cover asset={deed.asset} eager />
              </Link>
              <button
                type="button" className="slot-undo" aria-label={t("takeBack", { title: deed.asset.title })}
                onClick={() => undo(deed.index)}
              >
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
          {Array.from({ length: Math.max(0, STEPS - shown.length) }, (_, place) => (
            <li key={place} className="slot" aria-hidden="true">{shown.length + place + 1}</li>
          ))}
        </ol>
        {deeds.length > 0 && (
          <button type="button" className="textual" aria-label={t("startOver")} onClick={anew}>
            <Icon name="undo" size={16} /> <span>{t("startOver")}</span>
          </button>
        )}
      </div>
      {trouble && <p className="told" role="alert">{trouble}</p>}
    </section>
  );
}

const heading = (chosen: number, becoming: boolean): string =>
  t(`become.${becoming ? Math.min(chosen, STEPS - 1) : STEPS}` as Key);
