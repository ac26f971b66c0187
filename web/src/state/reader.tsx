/** Who reads, and what they did since the page was opened. */

import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { name, tell } from "../api/client";
import type { Answer, Asset, Item } from "../api/types";
import { keep, recall } from "./stored";

export const STEPS = 5; // clicks that make a newcomer somebody

export interface Deed {
  asset: Asset;
  kind: string;
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
  act: (asset: Asset, kind: string, from?: { answer: Answer; item: Item }) => Promise<void>;
  undo: (index: number) => Promise<void>;
}

const GUEST = "guest-";
const stranger = () => GUEST + name().slice(0, 12);

/** The address names the reader, or the last visit does, or it is somebody new. */
function first(): string {
  const asked = new URLSearchParams(location.search).get("user");
  return asked || recall("reader") || stranger();
}

function remembered(user: string): Deed[] {
  try {
    const kept = JSON.parse(recall("deeds") ?? "null") as { user: string; deeds: Deed[] } | null;
    return kept?.user === user ? kept.deeds : [];
  } catch {
    return [];
  }
}

const Known = createContext<Reader | null>(null);

export function useReader(): Reader {
  const reader = use(Known);
  if (!reader) throw new Error("no reader around this part of the page");
  return reader;
}

interface State {
  user: string;
  deeds: Deed[];
  version: number;
  trouble: string;
}

let versions = 0; // none is given twice, so that who comes back to a reader sees no answer from before

function start(user: string): State {
  keep("reader", user);
  return { user, deeds: remembered(user), version: ++versions, trouble: "" };
}

function saved(state: State): State {
  keep("deeds", JSON.stringify({ user: state.user, deeds: state.deeds }));
  return state;
}

const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function ReaderOf({ children }: { children: ReactNode }) {
  const [state, set] = useState<State>(() => start(first()));
  const { user, deeds } = state;

  const choose = useCallback((next: string) => set(start(next)), []);
  const anew = useCallback(() => set(saved({ ...start(stranger()), deeds: [] })), []);

  const act = useCallback<Reader["act"]>(
    async (asset, kind, from) => {
      if (deeds.some((deed) => deed.kind === kind && deed.asset.asset_id === asset.asset_id)) return; // a second click
      set((was) => saved({ ...was, deeds: [...was.deeds, { asset, kind }], trouble: "" }));
      try {
        await tell(user, asset.asset_id, kind, from);
        set((was) => (was.user === user ? { ...was, version: ++versions } : was));
      } catch (error) {
        const undone = (was: State) => was.deeds.filter((deed) => deed.asset !== asset);
        set((was) =>
          was.user === user ? saved({ ...was, deeds: undone(was), trouble: words(error) }) : was,
        );
      }
    },
    [user, deeds],
  );

  const undo = useCallback<Reader["undo"]>(
    async (index) => {
      // An event stays an event: who takes a click back goes on as somebody who never made it.
      const left = deeds.filter((_, place) => place !== index);
      const next = stranger();
      try {
        for (const deed of left) await tell(next, deed.asset.asset_id, deed.kind);
        set(saved({ ...start(next), deeds: left }));
      } catch (error) {
        set((was) => ({ ...was, trouble: words(error) }));
      }
    },
    [deeds],
  );

  const value = useMemo<Reader>(() => {
    const guest = state.user.startsWith(GUEST);
    const liked = state.deeds.filter((deed) => deed.kind !== "dismiss").length;
    return { ...state, guest, becoming: guest && liked < STEPS, choose, anew, act, undo };
  }, [state, choose, anew, act, undo]);
  return <Known value={value}>{children}</Known>;
}
