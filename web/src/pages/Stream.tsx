/** Home and every domain's page: one slate as a lead, a wall and rows by reason. */

import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api, type Wish } from "../api/client";
import type { Answer, Asset, Item } from "../api/types";
import { Becoming } from "../parts/Becoming";
import type { Acts } from "../parts/Card";
import { Lead, LeadBones } from "../parts/Lead";
import { Link } from "../parts/Link";
import { Failed, Slow } from "../parts/Told";
import { Tune } from "../parts/Tune";
import { Bones, Shelf, Wall } from "../parts/Wall";
import { WhyDrawer } from "../parts/Why";
import { domain as called, milliseconds, shape, stage } from "../parts/words";
import { useAsk } from "../state/ask";
import { filling, useRoom } from "../state/lines";
import { useReader, type Reader } from "../state/reader";
import { to } from "../state/route";
import { arrange } from "../state/rows";
import { named, sawAnswer } from "../state/seen";
import { useTuning } from "../state/tuning";
import { language, rich, t } from "../words";

const SIZE = 54; // items of one stream
const SMALL = 34; // of a newcomer's, who waits for it after every click
const WALL = 16; // items under the lead, about
const FIRST = 24; // items for a newcomer to choose from, about

export function Stream({ domain }: { domain: string }) {
  const reader = useReader();
  const tuning = useTuning();
  const wish: Wish = {
    user: reader.user, k: reader.becoming ? SMALL : SIZE, domains: domain ? [domain] : [], diversity: tuning.diversity,
    fairness: tuning.fairness, surface: domain ? "domain" : "home", language: language(),
  };
  const key = `slate ${JSON.stringify(wish)} ${reader.version}`;
  const asked = useAsk(key, (signal) => api.slate(wish, signal), true);
  const answer = asked.data;
  const here = answer && answer.user === reader.user ? answer : undefined;
  if (here) sawAnswer(here);
  const [why, setWhy] = useState<Item>();
  useEffect(() => setWhy(undefined), [domain]); // the way back leads out of what is open
  const acts = useActs(reader, here, setWhy);
  const { room, within } = useRoom();
  const page = useMemo(() => {
    const items = here?.items ?? [];
    const ratios = items.slice(reader.becoming ? 0 : 1).map((item) => shape(item.asset.domain));
    const wall = filling(ratios, room, reader.becoming ? FIRST : WALL);
    return arrange(items, wall, !reader.becoming);
  }, [here, reader.becoming, room]);
  const liked = useMemo(
    () => new Set(reader.deeds.filter((deed) => deed.kind === "like").map((deed) => deed.asset.asset_id)),
    [reader.deeds],
  );
  return (
    <div className="stream" ref={within} data-busy={(asked.waiting && !!here) || undefined} aria-busy={asked.waiting}>
      <Opening domain={domain} reader={reader} answer={here}>
        <Tune tuning={tuning} policy={here?.policy} />
      </Opening>
      <Slow asked={asked} />
      <Failed asked={asked}>
        <button type="button" className="pill quiet" onClick={reader.anew}>{t("goOnNew")}</button>
      </Failed>
      {!here && asked.waiting && <>{!reader.becoming && <LeadBones />}<Bones n={18} /></>}
      {here && here.items.length === 0 && <p className="told">{t("nothingHere")}</p>}
      {page.lead && <Lead item={page.lead} acts={acts} liked={liked.has(page.lead.asset_id)} />}
      {here && <Wall label={t("forYou")} assets={page.wall} liked={liked} eager={8} full={page.rows.length > 0} {...acts} />}
      {page.rows.map((row) => (
        <Shelf
          key={row.heading} label={row.heading || t("moreForYou")} heading={row.heading || t("moreForYou")} assets={row.assets} liked={liked} {...acts}
        />
      ))}
      {here && <Colophon answer={here} />}
      <Changed answer={here} />
      {why && here && <WhyDrawer answer={here} item={why} close={() => setWhy(undefined)} />}
    </div>
  );
}

/** What a click does, and for whom; `why` opens the drawer. The same functions as long as it can. */
function useActs(reader: Reader, answer: Answer | undefined, why: (item: Item) => void): Acts {
  const now = useRef({ reader, answer });
  now.current = { reader, answer };
  const { becoming } = reader;
  return useMemo(() => {
    const item = (asset: Asset) => now.current.answer?.items.find((one) => one.asset_id === asset.asset_id);
    const act = (kind: string) => (asset: Asset) => {
      const from = item(asset);
      const { answer } = now.current;
      void now.current.reader.act(asset, kind, answer && from ? { answer, item: from } : undefined);
    };
    const open = (asset: Asset) => {
      const found = item(asset);
      if (found) why(found);
    };
    if (becoming) return { choose: act("like"), why: open };
    return { like: act("like"), dismiss: act("dismiss"), why: open };
  }, [becoming, why]);
}

interface OpeningProps {
  domain: string;
  reader: Reader;
  answer: Answer | undefined;
  children: ReactNode; // what tunes the stream
}

function Opening({ domain, reader, answer, children }: OpeningProps) {
  if (reader.guest && (reader.becoming || reader.deeds.length > 0) && !domain)
    return (
      <>
        <Becoming
          deeds={reader.deeds} becoming={reader.becoming} trouble={reader.trouble}
          undo={(index) => void reader.undo(index)} anew={reader.anew}
        />
        {!reader.becoming && children}
      </>
    );
  return (
    <header className="opening of-stream">
      <div>
        <h1 tabIndex={-1}>{domain ? called(domain) : t("yourStream")}</h1>
        <Lately reader={reader} answer={answer} />
      </div>
      {children}
      {reader.trouble && <p className="told" role="alert">{reader.trouble}</p>}
    </header>
  );
}

/** Who the stream is for; a user nobody knows is told so. */
function Lately({ reader, answer }: { reader: Reader; answer: Answer | undefined }) {
  const known = answer !== undefined && !answer.newcomer && !!reader.user;
  const key = known ? `person ${reader.user} ${reader.version}` : "";
  const asked = useAsk(key, (signal) => api.person(reader.user, 30, signal), true);
  for (const deed of asked.data?.history ?? []) if (deed.title) named(deed.asset_id, deed.title);
  if (!answer) return <p className="lately">&nbsp;</p>;
  if (!known && reader.guest) return <p className="lately">{t("notChosen")}</p>;
  if (!known)
    return (
      <p className="lately">
        {rich("unknown", { user: <b>{reader.user || t("you")}</b> })}
      </p>
    );
  const last = [...new Map(asked.data?.history.filter((deed) => deed.title).map((deed) => [deed.asset_id, deed.title]))].slice(0, 3);
  const user = <b>{reader.guest ? t("you") : reader.user}</b>;
  if (!asked.data) return <p className="lately">{rich("lately", { user })}</p>;
  const links = last.map(([id, title], place) => (
    <span key={id} className="whole">
      <Link className="textual" href={to.item(id)}>{title}</Link>
      {place < last.length - 1 && <span className="comma">,</span>}&#32;
    </span>
  ));
  return <p className="lately">{rich("latelyDone", { user, n: asked.data.events, titles: links })}</p>;
}

/** Tells a screen reader how much of the stream is new. */
function Changed({ answer }: { answer: Answer | undefined }) {
  const [words, say] = useState("");
  const [before, keep] = useState<Answer>();
  useEffect(() => {
    if (!answer || answer === before) return;
    if (before && before.user === answer.user) {
      const old = new Set(before.items.slice(0, 20).map((item) => item.asset_id));
      const fresh = answer.items.slice(0, 20).filter((item) => !old.has(item.asset_id)).length;
      say(t("changed", { fresh, n: Math.min(20, answer.items.length) }));
    }
    keep(answer);
  }, [answer, before]);
  return <p className="unseen" role="status">{words}</p>;
}

function Colophon({ answer }: { answer: Answer }) {
  return (
    <footer className="colophon">
      <p>
        {rich("colophon", {
          n: answer.items.length, ms: milliseconds(answer.milliseconds["total"]), bundle: <code>{answer.bundle}</code>, tier: answer.tier,
        })}
        {answer.degraded.map((one) => t("without", { stage: stage(one.stage), cause: one.cause }))}
      </p>
    </footer>
  );
}
