/** The drawer that answers "why this?": what an answer says of one item, and what it leaves open. */

import { useEffect, useRef } from "react";
import type { Answer, Item } from "../api/types";
import { to } from "../state/route";
import { title } from "../state/seen";
import { rich, t } from "../words";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { Attribution, Channels, Effects, Funnel } from "./evidence";
import { domain, milliseconds, percent, stage } from "./words";

interface Props {
  answer: Answer;
  item: Item;
  close: () => void;
}

export function WhyDrawer({ answer, item, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    return () => shown.close();
  }, []);
  const { asset } = item;
  return (
    <dialog
      ref={dialog} className="drawer" aria-labelledby="why-title" onClose={close}
      onClick={(event) => event.target === event.currentTarget && dialog.current?.close()}
    >
      <div className="drawer-inside">
        <header className="drawer-head">
          <span className="drawer-cover"><Cover asset={asset} eager /></span>
          <div>
            <p className="kicker">{domain(asset.domain)} · {t("place", { n: item.position + 1 })}</p>
            <h2 id="why-title">{rich("whyIt", { title: <em>{asset.title}</em> })}</h2>
          </div>
          <button type="button" className="round" aria-label={t("close")} onClick={() => dialog.current?.close()}>
            <Icon name="close" />
          </button>
        </header>
        <Reasons item={item} />
        <Attribution attribution={item.attribution} title={asset.title} />
        <Channels item={item} />
        <Funnel answer={answer} item={item} />
        <Effects effects={item.effects} known={answer.funnel != null} />
        <footer className="drawer-foot">
          <p>
            {item.propensity < 1 ? t("chance", { share: percent(item.propensity) }) : t("noChance")}{" "}
            {rich("answered", {
              id: <code>{answer.request_id.slice(0, 8)}</code>, bundle: <code>{answer.bundle}</code>, tier: answer.tier,
              ms: milliseconds(answer.milliseconds["total"]),
            })}
          </p>
          {answer.degraded.map((one) => (
            <p key={one.stage}>{t("stageOut", { stage: stage(one.stage), cause: one.cause })}</p>
          ))}
        </footer>
      </div>
    </dialog>
  );
}

function Reasons({ item }: { item: Item }) {
  if (!item.reasons.length) return <p className="because">{t("noReason")}</p>;
  return item.reasons.map((reason) => {
    const others = reason.evidence.filter((id) => id !== item.asset_id);
    return (
      <section key={reason.text} className="because">
        <p>{reason.text}.</p>
        {others.length > 0 && (
          <ul className="evidence">
            {others.map((id) => (
              <li key={id}>
                <Link href={to.item(id)}>{title(id)}</Link>
              </li>
            ))}
          </ul>
        )}
      </section>
    );
  });
}
