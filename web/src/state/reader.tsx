/** Who reads, and what they did since the page was opened. */

import { createContext, use, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";
import { name, tell } from "../api/client";
import type { Answer, Asset, Item } from "../api/types";
import { unname, useRoute } from "./route";
import { keep, recall } from "./stored";

export const STEPS = 5; // clicks that make a newcomer somebody

export interface Deed {
  asset: Asset;
  kind: string;
}

interface From {
  answer: Answer;
  item: Item;
}

export interface Reader {
  user: string;
  guest: boolean; // a newcomer of this page
  deeds: Deed[]; // newest last
  version: number; // grows when the server has taken an event
  trouble: string;
  becoming: boolean; // a guest who has not clicked five times
  choose: (user: string) => void;
  anew: () => void;
  act: (asset: Asset, kind: string, from?: From) => Promise<void>;
  undo: (index: number) => Promise<void>;
}

const GUEST = "guest-";
const stranger = () => GUEST + name().slice(0, 12);

/** The address names the reader, or the last visit does, or it is somebody new. */
function first(): string {
  const asked = new URLSearchParams(location.search).get("user");
  return asked || recall("reader") || stranger();
}

interface Kept {
  user: string;
  deeds: Deed[];
  version: number;
}

function parsed(kept: string | null): Kept | null {
  try {
    return JSON.parse(kept ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

function remembered(user: string): Deed[] {
  const kept = parsed(recall("deeds"));
  return kept?.user === user ? kept.deeds : [];
}

const same = (one: Deed, other: Deed) => one.kind === other.kind && one.asset.asset_id === other.asset.asset_id;

const Known = createContext<Reader | null>(null);

export function useReader(): Reader {
  const reader = use(Known);
  if (!reader) throw new Error("no reader around this part of the page");
  return reader;
}

interface State extends Kept {
  trouble: string;
}

type Next = (was: State) => State;
type Change = (next: Next) => void;

let last = 0;

/** None is given twice, in no tab, so that who comes back to a reader sees no answer from before. */
const another = (): number => (last = Math.max(Date.now(), last + 1));

function start(user: string): State {
  keep("reader", user);
  return { user, deeds: remembered(user), version: another(), trouble: "" };
}

function saved(state: State): State {
  const { user, deeds, version } = state;
  keep("deeds", JSON.stringify({ user, deeds, version } satisfies Kept));
  return state;
}

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function ReaderOf({ children }: { children: ReactNode }) {
  const [state, set] = useState<State>(() => start(first()));
  const now = useRef(state); // what is done in a hurry starts from this, not from what was drawn last
  const change = useCallback<Change>((next) => {
    now.current = next(now.current);
    set(now.current);
  }, []);
  useAddress(state.user, change);
  useOtherTabs(change);

  const choose = useCallback((next: string) => {
    unname();
    change(() => start(next));
  }, [change]);
  const anew = useCallback(() => {
    unname();
    change(() => saved({ ...start(stranger()), deeds: [] }));
  }, [change]);

  const act = useCallback<Reader["act"]>((asset, kind, from) => done({ asset, kind }, now, change, from), [change]);

  const before = useRef(Promise.resolve()); // one is taken back after the other
  const undo = useCallback<Reader["undo"]>((index) => {
    const gone = now.current.deeds[index];
    if (gone) before.current = before.current.then(() => without(gone, now, change));
    return before.current;
  }, [change]);

  const value = useMemo<Reader>(() => {
    const guest = state.user.startsWith(GUEST);
    const liked = state.deeds.filter((deed) => deed.kind !== "dismiss").length;
    return { ...state, guest, becoming: guest && liked < STEPS, choose, anew, act, undo };
  }, [state, choose, anew, act, undo]);
  return <Known value={value}>{children}</Known>;
}

async function done(deed: Deed, now: RefObject<State>, change: Change, from?: From): Promise<void> {
  const { user, deeds } = now.current;
  if (deeds.some((one) => same(one, deed))) return; // a second click
  change((was) => saved({ ...was, deeds: [...was.deeds, deed], trouble: "" }));
  const still = (next: Next) => change((was) => (was.user === user ? saved(next(was)) : was));
  try {
    await tell(user, deed.asset.asset_id, deed.kind, from);
    still((was) => ({ ...was, version: another() }));
  } catch (error) {
    still((was) => ({ ...was, deeds: was.deeds.filter((one) => !same(one, deed)), trouble: words(error) }));
  }
}

/** An event stays an event: who takes a click back goes on as somebody who never made it. */
async function without(gone: Deed, now: RefObject<State>, change: Change): Promise<void> {
  const { user, deeds } = now.current;
  if (!deeds.some((deed) => same(deed, gone))) return;
  const next = stranger();
  const left: Deed[] = [];
  const untold = () => now.current.deeds.find((deed) => !same(deed, gone) && !left.some((one) => same(one, deed)));
  try {
    for (let deed = untold(); deed; deed = untold()) { // also what is done while it is told
      await tell(next, deed.asset.asset_id, deed.kind);
      left.push(deed);
    }
    if (now.current.user !== user) return; // somebody else was chosen meanwhile
    unname();
    change(() => saved({ ...start(next), deeds: left }));
  } catch (error) {
    change((was) => ({ ...was, trouble: words(error) }));
  }
}

/** The way back may lead to an address that names another reader. */
function useAddress(user: string, change: Change): void {
  const asked = useRoute().query.get("user");
  const reads = useRef(user);
  reads.current = user;
  useLayoutEffect(() => {
    if (asked && asked !== reads.current) change(() => start(asked));
  }, [asked, change]);
}

/** What the same reader does in another tab is done here too. */
function useOtherTabs(change: Change): void {
  useEffect(() => {
    const heard = ({ key, newValue }: StorageEvent) => {
      const kept = key === "hermes.deeds" ? parsed(newValue) : null;
      if (kept) change((was) => (was.user === kept.user ? { ...was, deeds: kept.deeds, version: kept.version } : was));
    };
    addEventListener("storage", heard);
    return () => removeEventListener("storage", heard);
  }, [change]);
}
