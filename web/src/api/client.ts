/** Every word with the server goes through `call`: one place for problems, and for its absence. */

import { link } from "../state/link";
import { language, t } from "../words";
import type {
  Alike, Answer, Around, Arrival, Asset, Completion, Hits, Item, Person, Status,
} from "./types";
import { takes } from "./types";

/** What went wrong, in words for the page. */
export class Problem extends Error {
  constructor(
    readonly status: number, // 0: no answer came
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

const AWAY = new Set([502, 504]);

/** The answer as JSON; raises `Problem`. A server that cannot be reached is noted in `link`. */
export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await reach(path, init);
  return (await answer.json()) as T;
}

/** The raw answer, when it is a good one; raises `Problem`. */
export async function reach(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    link.lost();
    throw new Problem(0, "away", t("noAnswer"));
  }
  if (AWAY.has(answer.status)) link.lost();
  if (!answer.ok) throw await problem(answer);
  return answer;
}

async function problem(answer: Response): Promise<Problem> {
  try {
    const told = (await answer.json()) as { code?: string; detail?: string; title?: string };
    return new Problem(answer.status, told.code ?? "http", told.detail ?? told.title ?? "");
  } catch {
    return new Problem(answer.status, "http", t("status", { status: String(answer.status) }));
  }
}

export const posted = (body: unknown, signal?: AbortSignal): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
  ...(signal ? { signal } : {}),
});

const given = (signal?: AbortSignal): RequestInit => (signal ? { signal } : {});
const id = encodeURIComponent;

export interface Wish {
  user: string;
  k: number;
  domains: string[];
  diversity: number | null;
  fairness: boolean | null;
  surface: string;
  language: string;
}

/** Only what this server takes is asked of it. */
export function body(wish: Wish): Record<string, unknown> {
  const whole: Record<string, unknown> = {
    user: wish.user,
    k: wish.k,
    domains: wish.domains,
    context: { surface: wish.surface },
    diversity: wish.diversity,
    fairness: wish.fairness,
    attribute: true,
    language: wish.language,
    trace: true,
  };
  return Object.fromEntries(Object.entries(whole).filter(([name]) => takes(name)));
}

export const api = {
  slate: (wish: Wish, signal?: AbortSignal) =>
    call<Answer>("/v1/recommendations", posted(body(wish), signal)),
  status: (signal?: AbortSignal) => call<Status>("/v1/platform/status", given(signal)),
  users: (start: string, signal?: AbortSignal) =>
    call<string[]>(`/v1/users?limit=24&start=${id(start)}`, given(signal)),
  person: (user: string, limit: number, signal?: AbortSignal) =>
    call<Person>(`/v1/users/${id(user)}?limit=${limit}`, given(signal)),
  asset: (asset: string, signal?: AbortSignal) =>
    call<Asset>(`/v1/assets/${id(asset)}`, given(signal)),
  like: (asset: string, signal?: AbortSignal) =>
    call<Answer>(`/v1/recommendations/items/${id(asset)}?k=18&language=${language()}`, given(signal)),
  visual: (asset: string, signal?: AbortSignal) =>
    call<Alike>(`/v1/recommendations/items/${id(asset)}/similar-visual?k=18`, given(signal)),
  around: (asset: string, to: string, signal?: AbortSignal) =>
    call<Around>(
      `/v1/recommendations/items/${id(asset)}/graph?k=12&each=6${to ? `&to=${id(to)}` : ""}`,
      given(signal),
    ),
  search: (asked: string, signal?: AbortSignal) => call<Hits>(`/v1/search?k=60&${asked}&language=${language()}`, given(signal)),
  suggest: (q: string, signal?: AbortSignal) =>
    call<{ suggestions: Completion[] }>(`/v1/search/suggestions?k=8&q=${id(q)}`, given(signal)),
  arrivals: (signal?: AbortSignal) =>
    call<Arrival[]>("/v1/assets/arrivals?hours=24", given(signal)),
};

/** 128 random bits, also where the page came over plain HTTP. */
export function name(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}

/** What somebody did, durable when this returns; it is sent again when the server comes back. */
export async function tell(
  user: string, asset: string, kind: string, from?: { answer: Answer; item: Item },
): Promise<void> {
  const event = {
    event_id: name(),
    user_id: user,
    asset_id: asset,
    kind,
    occurred_at: new Date().toISOString(),
    context: { page: "app" },
    ...(from && {
      request_id: from.answer.request_id,
      position: from.item.position,
      propensity: from.item.propensity,
      policy_version: from.answer.bundle,
    }),
  };
  for (;;) {
    try {
      await reach("/v1/events", posted(event));
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 0) throw error;
      await link.back();
    }
  }
}
