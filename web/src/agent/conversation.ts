/** A conversation as it grows: pure, from one event of the server to the next. */

import type { Sent } from "../api/sse";
import type { Answer, Asset, Item } from "../api/types";
import { t } from "../words";

export interface Chip {
  id: string;
  kind: string;
  text: string;
  negated: boolean;
  filters: boolean;
}

export interface Turn {
  who: "reader" | "agent";
  text: string;
  slate: Asset[];
  why: Readonly<Record<string, string>>; // the first reason for each of the slate
  state: string; // what the agent is at while it has not done
  trouble: string;
}

export interface Conversation {
  id: string;
  turns: Turn[];
  chips: Chip[];
  by: string; // templates or model, as last said
  model: string;
}

export const EMPTY: Conversation = { id: "", turns: [], chips: [], by: "", model: "" };

const turn = (who: Turn["who"], text: string): Turn => ({ who, text, slate: [], why: {}, state: "", trouble: "" });

/** The reader has spoken, and the agent's turn begins. */
export function asked(was: Conversation, text: string): Conversation {
  const said = text ? [...was.turns, turn("reader", text)] : was.turns;
  return { ...was, turns: [...said, turn("agent", "")] };
}

function last(was: Conversation, change: (turn: Turn) => Partial<Turn>): Conversation {
  const at = was.turns.length - 1;
  return { ...was, turns: was.turns.map((one, place) => (place === at ? { ...one, ...change(one) } : one)) };
}

export const failed = (was: Conversation, words: string): Conversation =>
  last(was, () => ({ trouble: words, state: "" }));

/** What one event changes; an event nobody knows changes nothing. */
export function heard(was: Conversation, sent: Sent): Conversation {
  const data = JSON.parse(sent.data) as never;
  switch (sent.event) {
    case "state":
      return last(was, () => ({ state: (data as { state: string }).state }));
    case "chips":
      return { ...was, chips: data as Chip[] };
    case "slate":
      return last(was, () => slate((data as Answer).items));
    case "token":
      return last(was, (one) => ({ text: one.text + (data as { text: string }).text }));
    case "done":
      return done(was, data);
    case "error":
      return failed(was, (data as { detail?: string }).detail ?? t("brokeOff"));
    default:
      return was;
  }
}

const slate = (items: readonly Item[]): Partial<Turn> => ({
  slate: items.map((item) => item.asset),
  why: Object.fromEntries(items.flatMap(({ asset_id, reasons: [first] }) => (first ? [[asset_id, first.text]] : []))),
});

/** The whole text at the end replaces what was streamed: it is what was verified. */
function done(was: Conversation, data: { conversation: string; text: string; by: string; model: string }): Conversation {
  const { conversation, text, by, model } = data;
  return { ...last(was, (one) => ({ text: text || one.text, state: "" })), id: conversation, by, model };
}
