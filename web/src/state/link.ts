/** Whether the server is there; while it is not, somebody asks again and again, ever more seldom. */

import { useSyncExternalStore } from "react";

export interface Link {
  away: boolean;
  tries: number;
  epoch: number; // grows when the server comes back
}

const WAITS = [1, 2, 4, 8, 15]; // seconds

/** Seconds before try number `tries`, from 0. */
export const wait = (tries: number): number => WAITS[Math.min(tries, WAITS.length - 1)]!;

let state: Link = { away: false, tries: 0, epoch: 0 };
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(next: Partial<Link>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

async function probe(): Promise<void> {
  clearTimeout(timer);
  try {
    const answer = await fetch("/health/live", { signal: AbortSignal.timeout(5000) });
    if (answer.ok) {
      set({ away: false, tries: 0, epoch: state.epoch + 1 });
      return;
    }
  } catch {
    // still away
  }
  set({ tries: state.tries + 1 });
  timer = setTimeout(() => void probe(), 1000 * wait(state.tries));
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const link = {
  lost(): void {
    if (state.away) return;
    set({ away: true, tries: 0 });
    timer = setTimeout(() => void probe(), 1000 * wait(0));
  },
  now: (): void => void probe(),
  back: (): Promise<void> =>
    new Promise((resolve) => {
      if (!state.away) return resolve();
      const leave = subscribe(() => {
        if (state.away) return;
        leave();
        resolve();
      });
    }),
};

export const useLink = (): Link => useSyncExternalStore(subscribe, () => state);
