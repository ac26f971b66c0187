/** What operators ask the server, and how often. */

import { useEffect } from "react";
import { call, posted } from "../../api/client";
import type { components } from "../../api/schema";
import type { Answer } from "../../api/types";
import { useAsk, type Asked } from "../../state/ask";
import { useLink } from "../../state/link";

type Schemas = components["schemas"];
export type Stages = Schemas["Stages"];
export type Holding = Schemas["Holding"];
export type Training = Schemas["Training"];
export type Epochs = Schemas["Epochs"];
export type ModelCard = Schemas["ModelCard"];
export type Passage = Schemas["Passage"];
export type Passed = Schemas["Passed"];

const given = (signal: AbortSignal): RequestInit => ({ signal });

export const ops = {
  stages: (signal: AbortSignal) => call<Stages>("/v1/platform/stages", given(signal)),
  catalogue: (signal: AbortSignal) => call<Holding>("/v1/platform/catalogue", given(signal)),
  training: (signal: AbortSignal) => call<Training>("/v1/platform/training", given(signal)),
  cards: (signal: AbortSignal) => call<ModelCard[]>("/v1/platform/cards", given(signal)),
  requests: (signal: AbortSignal) => call<Passage[]>("/v1/platform/requests?limit=30", given(signal)),
  /** A real request, traced from end to end. */
  send: (user: string, query: string) =>
    call<Answer>("/v1/recommendations", posted({
      user, query, k: 20, trace: true, explain: true, context: { surface: "operators" },
    })),
};

/** The question again every few seconds, as long as somebody looks and the server is there. */
export function usePoll<T>(key: string, load: (signal: AbortSignal) => Promise<T>, seconds: number): Asked<T> {
  const asked = useAsk(key, load, true);
  const { away } = useLink();
  const { again } = asked;
  useEffect(() => {
    if (away) return;
    const timer = setInterval(() => {
      if (!document.hidden) again();
    }, 1000 * seconds);
    return () => clearInterval(timer);
  }, [again, away, seconds]);
  return asked;
}
