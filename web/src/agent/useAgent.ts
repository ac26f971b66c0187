/** Speaks with `POST /v1/agent`, a turn at a time, as it streams. */

import { useCallback, useRef, useState } from "react";
import { Problem, posted, reach } from "../api/client";
import { events } from "../api/sse";
import { language, t } from "../words";
import { EMPTY, asked, failed, heard, type Conversation } from "./conversation";

export interface Agent {
  conversation: Conversation;
  busy: boolean;
  say: (text: string) => void;
  remove: (chip: string) => void;
  stop: () => void;
  anew: () => void;
}

export function useAgent(user: string, domains: readonly string[]): Agent {
  const [conversation, set] = useState<Conversation>(EMPTY);
  const [busy, setBusy] = useState(false);
  const now = useRef(conversation);
  const abort = useRef<AbortController>(undefined);

  const change = useCallback((next: Conversation) => {
    now.current = next;
    set(next);
  }, []);

  const send = useCallback(
    async (text: string, remove: string[]) => {
      abort.current?.abort();
      const controller = new AbortController();
      abort.current = controller;
      change(asked(now.current, text));
      setBusy(true);
      try {
        const body = { conversation: now.current.id, user, text, remove, k: 12, domains, language: language() };
        const init = posted(body, controller.signal);
        const headers = { ...(init.headers as Record<string, string>), accept: "text/event-stream" };
        const answer = await reach("/v1/agent", { ...init, headers });
        let ended = false;
        for await (const sent of events(answer.body!)) {
          ended ||= sent.event === "done" || sent.event === "error";
          change(heard(now.current, sent));
        }
        if (!ended) change(failed(now.current, t("cut")));
      } catch (error) {
        if (abort.current !== controller) return; // a later question took its place
        const words = controller.signal.aborted ? t("youCalledOff") : error instanceof Problem ? error.message : t("cut");
        change(failed(now.current, words));
      } finally {
        if (abort.current === controller) setBusy(false);
      }
    },
    [user, domains, change],
  );

  return {
    conversation,
    busy,
    say: useCallback((text) => void send(text, []), [send]),
    remove: useCallback((chip) => void send("", [chip]), [send]),
    stop: useCallback(() => abort.current?.abort(), []),
    anew: useCallback(() => {
      abort.current?.abort();
      change(EMPTY);
    }, [change]),
  };
}
