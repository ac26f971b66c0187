/** One item: its picture, its facts, what hangs together with it, what is like it. */

import { useEffect, useMemo, useState } from "react";
import { api } from "../api/client";
import type { Around, Asset } from "../api/types";
import { Cover } from "../parts/Cover";
import { Icon } from "../parts/Icon";
import { Link } from "../parts/Link";
import { Failed, Slow } from "../parts/Told";
import { Bones, Shelf } from "../parts/Wall";
import { WhyDrawer } from "../parts/Why";
import { byRole, capital, domain, money, role as called, takesLong, year } from "../parts/words";
import { useAsk, type Asked } from "../state/ask";
import { useReader, type Reader } from "../state/reader";
import { to } from "../state/route";
import { card, saw, sawAnswer, shown } from "../state/seen";
import { language, named, rich, t } from "../words";

export function ItemPage({ id, visual }: { id: string; visual: boolean }) {
  const reader = useReader();
  const told = useAsk(`asset ${id}`, (signal) => api.asset(id, signal));
  const asset = told.data ?? card(id);
  const like = useAsk(`like ${id} ${language()}`, (signal) => api.like(id, signal));
  const looks = useAsk(visual ? `visual ${id}` : "", (signal) => api.visual(id, signal));
  const near = useMemo(() => like.data?.items.map((item) => item.asset) ?? [], [like.data]);
  const alike = useMemo(() => looks.data?.items.map((hit) => hit.asset) ?? [], [looks.data]);
  useEffect(() => saw(alike), [alike]);
  if (like.data) sawAnswer(like.data);
  return (
    <div className="item-page" data-domain={asset?.domain}>
      {asset ? <Facts asset={asset} reader={reader} /> : told.waiting && <div className="item bones"><span className="cover" /></div>}
      <Slow asked={told} />
      <Failed asked={told}><Link className="pill quiet" href="/">{t("toStream")}</Link></Failed>
      {asset && (
        <>
          <Connections id={id} of={asset.domain} reader={reader} />
          {like.waiting && <Bones line />}
          {like.error?.status === 404
            ? <p className="told">{t("justArrived")}</p>
            : <Failed asked={like} />}
          {near.length > 0 && <Shelf label={t("moreLike")} heading={t("moreLike")} assets={near} />}
          {alike.length > 0 && (
            <Shelf
              label={t("looksLike")} heading={t("looksLike")} assets={alike}
              aside={<small className="silent">{t("lookedBy", { encoder: looks.data?.encoder ?? "" })}</small>}
            />
          )}
        </>
      )}
    </div>
  );
}

function Facts({ asset, reader }: { asset: Asset; reader: Reader }) {
  const [why, setWhy] = useState(false);
  const from = shown(asset.asset_id);
  const mine = from && from.answer.user === reader.user ? from : undefined;
  const did = (kind: string) => reader.deeds.some((deed) => deed.asset.asset_id === asset.asset_id && deed.kind === kind);
  const act = (kind: string) => void reader.act(asset, kind, mine);
  return (
    <article className="item">
      <div className="item-cover"><Cover asset={asset} eager morph /></div>
      <div className="item-words">
        <p className="kicker"><Link href={to.domain(asset.domain)}>{domain(asset.domain)}</Link>{[year(asset), takesLong(asset), money(asset)].map((fact) => fact && ` · ${fact}`)}</p>
        <h1 tabIndex={-1}>{asset.title}</h1>
        {asset.available === false && <p className="told">{t("notOffered")}</p>}
        {asset.text_content && <p className="item-text">{asset.text_content}</p>}
        <dl className="credits">
          {byRole(asset.creators ?? []).map(([role, names]) => (
            <div key={role}>
              <dt>{capital(called(role, asset.domain))}</dt>
              <dd>{names.map((name, place) => <span key={name}>{place > 0 && ", "}<Link href={to.search(name)}>{name}</Link></span>)}</dd>
            </div>
          ))}
        </dl>
        <ul className="chips" aria-label={t("whatItIs")}>
          {[...(asset.categories ?? []), ...(asset.tags ?? [])].map((word) => (
            <li key={word}><Link className="chip" href={to.search(word)}>{word}</Link></li>
          ))}
        </ul>
        <p className="lead-acts">
          <button type="button" className="pill" aria-pressed={did("like")} disabled={did("like")} onClick={() => act("like")}>
            <Icon name="heart" size={18} /> {t(did("like") ? "liked" : "like")}
          </button>
          <button type="button" className="pill quiet" aria-pressed={did("save")} disabled={did("save")} onClick={() => act("save")}>
            <Icon name="save" size={18} /> {t(did("save") ? "saved" : "save")}
          </button>
          <button type="button" className="pill quiet" disabled={did("dismiss")} onClick={() => act("dismiss")}>{t(did("dismiss") ? "takenOut" : "notForMe")}</button>
          {mine && <button type="button" className="pill quiet" onClick={() => setWhy(true)}>{t("whyThis")}</button>}
        </p>
        {reader.trouble && <p className="told" role="alert">{reader.trouble}</p>}
      </div>
      {why && mine && <WhyDrawer {...mine} close={() => setWhy(false)} />}
    </article>
  );
}

/** What it shares with others, and the way to it from what the reader did last. */
function Connections({ id, of, reader }: { id: string; of: string; reader: Reader }) {
  const last = [...reader.deeds].reverse().find((deed) => deed.kind !== "dismiss" && deed.asset.asset_id !== id)?.asset;
  const around = useAsk(`around ${id} ${last?.asset_id ?? ""}`, (signal) => api.around(id, last?.asset_id ?? "", signal));
  if (around.error) return null; // said under the facts already, if the item is not known at all
  return (
    <section className="connections" aria-label={t("together")}>
      <h2>{t("together")}</h2>
      {last && around.data && (
        <p className="path">
          {around.data.path
            ? rich("youChose", { title: <Link href={to.item(last.asset_id)}>{last.title}</Link>, path: around.data.path })
            : rich("notJoined", { title: <Link href={to.item(last.asset_id)}>{last.title}</Link> })}
        </p>
      )}
      <Relations around={around} of={of} />
    </section>
  );
}

function Relations({ around, of }: { around: Asked<Around>; of: string }) {
  if (!around.data) return <div className="relations bones" aria-hidden="true" />;
  if (!around.data.relations.length) return <p className="silent">{t("sharesNothing")}</p>;
  return (
    <ul className="relations">
      {around.data.relations.map((one) => (
        <li key={one.kind + one.relation + one.name}>
          <p><span className="kicker">{called(one.relation, of)}</span> <b>{one.kind === "cohort" ? named("cohort", one.name) : one.name}</b> <small>{t("items", { n: one.items })}</small></p>
          <p className="examples">
            {one.examples.map((other, place) => (
              <span key={other.asset_id}>{place > 0 && ", "}<Link href={to.item(other.asset_id)}>{other.title}</Link></span>
            ))}
          </p>
        </li>
      ))}
    </ul>
  );
}
