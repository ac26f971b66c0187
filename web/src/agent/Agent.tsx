/** The agent at the side: what was said, what was understood, and what it found. */

import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import { has, type Status } from "../api/types";
import { Icon } from "../parts/Icon";
import { Wall } from "../parts/Wall";
import { useReader } from "../state/reader";
import { saw } from "../state/seen";
import { t, type Key } from "../words";
import type { Turn } from "./conversation";
import { useAgent } from "./useAgent";

const NOWHERE: readonly string[] = [];
const OPENERS: readonly Key[] = ["opener.0", "opener.1", "opener.2"];

interface Props {
  open: boolean;
  domains: readonly string[];
  status: Status | undefined;
  close: () => void;
}

export function Agent({ open, domains, status, close }: Props) {
  const { user } = useReader();
  const agent = useAgent(user, domains.length ? domains : NOWHERE);
  const { conversation, busy } = agent;
  const field = useRef<HTMLTextAreaElement>(null);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  useEffect(() => {
    // What was said last stays in sight, however many things stand under the answer.
    const last = [...(log.current?.querySelectorAll(".said-reader") ?? [])].at(-1);
    if (log.current && last) log.current.scrollTop += last.getBoundingClientRect().top - log.current.getBoundingClientRect().top;
  }, [conversation, open]);
  const leave = (event: KeyboardEvent) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  return (
    <aside className="agent" id="agent" hidden={!open} aria-label={t("talk")} onKeyDown={leave}>
      <header>
        <div>
          <h2>{t("say")}</h2>
          <p className="silent">{speaker(conversation.by || status?.language?.by || "", conversation.model || status?.language?.model || "")}</p>
        </div>
        {conversation.turns.length > 0 && <button type="button" className="textual" onClick={agent.anew}>{t("beginAgain")}</button>}
        <button type="button" className="round" aria-label={t("closeTalk")} onClick={close}><Icon name="close" /></button>
      </header>
      <div className="agent-log" ref={log} role="log" aria-label={t("conversation")} tabIndex={0}>
        {!has("/v1/agent") && <p className="told">{t("noAgent")}</p>}
        {has("/v1/agent") && conversation.turns.length === 0 && (
          <ul className="openers">
            {OPENERS.map((key) => <li key={key}><button type="button" className="pill quiet" onClick={() => agent.say(t(key))}>{t(key)}</button></li>)}
          </ul>
        )}
        {conversation.turns.map((turn, place) => <Said key={place} turn={turn} busy={busy && place === conversation.turns.length - 1} />)}
      </div>
      {conversation.chips.length > 0 && (
        <ul className="chips" aria-label={t("remembered")}>
          {conversation.chips.map((chip) => (
            <li key={chip.id} className="chip" data-negated={chip.negated || undefined} data-soft={!chip.filters || undefined}>
              {chip.text}
              <button type="button" aria-label={t("forget", { what: chip.text })} onClick={() => agent.remove(chip.id)}><Icon name="close" size={14} /></button>
            </li>
          ))}
        </ul>
      )}
      <Ask field={field} busy={busy} say={agent.say} stop={agent.stop} />
    </aside>
  );
}

function speaker(by: string, model: string): string {
  if (by === "model") return t("byModel", { model: model || t("nameless") });
  if (by === "templates") return t("byTemplates");
  return t("wishesStay");
}

function Said({ turn, busy }: { turn: Turn; busy: boolean }) {
  if (turn.who === "reader") return <p className="said-reader">{turn.text}</p>;
  if (turn.slate.length) saw(turn.slate);
  return (
    <div className="said-agent" aria-busy={busy}>
      {turn.text && <p>{turn.text}</p>}
      {turn.trouble && <p className="told" role="alert">{turn.trouble}</p>}
      {busy && <p className="silent">{turn.state ? `${turn.state} …` : "…"}</p>}
      {turn.slate.length > 0 && <Wall label={t("agentFound")} assets={turn.slate} note={(asset) => turn.why[asset.asset_id]} />}
    </div>
  );
}

interface AskProps {
  field: React.RefObject<HTMLTextAreaElement | null>;
  busy: boolean;
  say: (text: string) => void;
  stop: () => void;
}

function Ask({ field, busy, say, stop }: AskProps) {
  const [text, set] = useState("");
  const send = (event?: FormEvent) => {
    event?.preventDefault();
    if (!text.trim() || !has("/v1/agent")) return;
    say(text.trim());
    set("");
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    }
  };
  return (
    <form className="agent-ask" onSubmit={send}>
      <textarea
        ref={field} rows={2} value={text} maxLength={1000} aria-label={t("yourWords")} placeholder={t("yourWordsHint")}
        onChange={(event) => set(event.target.value)} onKeyDown={keys}
      />
      {busy ? (
        <button type="button" className="round" aria-label={t("stop")} onClick={stop}><Icon name="close" /></button>
      ) : (
        <button type="submit" className="round" aria-label={t("send")}><Icon name="send" /></button>
      )}
    </form>
  );
}
