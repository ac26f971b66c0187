/** The drawer that answers "why this?": what an answer says of one item, and what it leaves open. */

import { useEffect, useRef, type ReactNode } from "react";
import { api } from "../api/client";
import type { Answer, Item } from "../api/types";
import { useAsk } from "../state/ask";
import { to } from "../state/route";
import { named, title } from "../state/seen";
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
  return item.reasons.map((reason) => (
    <Because key={reason.text} text={reason.text} others={reason.evidence.filter((id) => id !== item.asset_id)} />
  ));
}

/** A reason whose titles lead to what they name; what it does not name stands below it. */
function Because({ text, others }: { text: string; others: readonly string[] }) {
  const unknown = others.filter((id) => title(id) === id);
  const asked = useAsk(unknown.length ? `assets ${unknown.join(" ")}` : "", (signal) =>
    Promise.all(unknown.map((id) => api.asset(id, signal))));
  for (const asset of asked.data ?? []) named(asset.asset_id, asset.title);
  const known = asked.waiting ? [] : others.map((id) => ({ id, title: title(id) }));
  const below = known.filter((one) => !text.includes(one.title));
  return (
    <section className="because">
      <p>{linked(text, known)}.</p>
      {below.length > 0 && (
        <ul className="evidence">
          {below.map(({ id, title }) => <li key={id}><Link href={to.item(id)}>{title}</Link></li>)}
        </ul>
      )}
    </section>
  );
}

interface Named {
  id: string;
  title: string;
}

/** A text in which each title that it holds is a link. */
function linked(text: string, [first, ...rest]: readonly Named[]): ReactNode[] {
  const at = first?.title ? text.indexOf(first.title) : -1;
  if (!first) return [text];
  if (at < 0) return linked(text, rest);
  return [
    ...linked(text.slice(0, at), rest),
    <Link key={first.id} href={to.item(first.id)}>{first.title}</Link>,
    ...linked(text.slice(at + first.title.length), rest),
  ];
}
