/** A question to the server and how it fares: waiting, slow, answered, failed, called off. */

import { useCallback, useEffect, useRef, useState } from "react";
import { Problem } from "../api/client";
import { useLink } from "./link";
import { t } from "../words";

const SLOW = 3000; // milliseconds
const KEPT = 60; // answers, so that the way back is at once
const answers = new Map<string, unknown>();

function keepAnswer(key: string, data: unknown): void {
  answers.delete(key);
  answers.set(key, data);
  const oldest = answers.keys().next();
  if (answers.size > KEPT && !oldest.done) answers.delete(oldest.value);
}

export interface Asked<T> {
  data: T | undefined;
  error: Problem | undefined;
  waiting: boolean;
  slow: boolean;
  again: () => void;
  stop: () => void;
}

interface State<T> {
  key: string;
  data: T | undefined;
  error: Problem | undefined;
  waiting: boolean;
  slow: boolean;
}

/**
 * Asks when `key` changes; an empty key asks nothing. The last answer stays while the next is on
 * its way if `keep` holds, and what failed for want of a server is asked again when it is back.
 */
export function useAsk<T>(
  key: string, load: (signal: AbortSignal) => Promise<T>, keep = false,
): Asked<T> {
  const [state, set] = useState<State<T>>(() => {
    const data = answers.get(key) as T | undefined;
    const waiting = !!key && data === undefined;
    return { key: waiting ? "" : key, data, error: undefined, waiting, slow: false };
  });
  const [round, setRound] = useState(0);
  const { epoch } = useLink();
  const loading = useRef(load);
  loading.current = load;
  const abort = useRef<AbortController>(undefined);
  const asked = useRef(0); // the round that was asked last
  const failed = useRef(false);
  const seen = useRef(epoch);

  useEffect(() => {
    if (!key) return;
    if (round === asked.current && answers.has(key)) {
      const data = answers.get(key) as T;
      set({ key, data, error: undefined, waiting: false, slow: false });
      return;
    }
    asked.current = round;
    const controller = new AbortController();
    abort.current = controller;
    set((was) => ({
      key, data: keep || was.key === key ? was.data : undefined, error: undefined, waiting: true, slow: false,
    }));
    const timer = setTimeout(() => set((was) => ({ ...was, slow: true })), SLOW);
    loading.current(controller.signal).then(
      (data) => {
        if (controller.signal.aborted) return;
        failed.current = false;
        keepAnswer(key, data);
        set({ key, data, error: undefined, waiting: false, slow: false });
      },
      (error: unknown) => {
        if (abort.current !== controller) return; // another question took its place
        const off = controller.signal.aborted;
        const told = error instanceof Problem ? error : new Problem(0, "broken", String(error));
        failed.current = !off && told.status === 0;
        set((was) => ({ ...was, error: off ? new Problem(0, "cancelled", t("youCalledOff")) : told, waiting: false, slow: false }));
      },
    ).finally(() => clearTimeout(timer));
    return () => {
      clearTimeout(timer);
      if (abort.current === controller) abort.current = undefined;
      controller.abort();
    };
  }, [key, round, keep]);

  const again = useCallback(() => setRound((was) => was + 1), []);
  const stop = useCallback(() => abort.current?.abort(), []);

  useEffect(() => {
    if (seen.current === epoch) return;
    seen.current = epoch;
    if (failed.current) again();
  }, [epoch, again]);

  const fresh = state.key === key || keep;
  return {
    data: fresh ? state.data : undefined,
    error: state.key === key ? state.error : undefined,
    waiting: !!key && (state.key !== key || state.waiting),
    slow: state.slow,
    again,
    stop,
  };
}
