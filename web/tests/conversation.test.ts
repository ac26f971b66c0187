import { expect, test } from "vitest";
import { asked, EMPTY, failed, heard, type Conversation } from "../src/agent/conversation";

const tell = (was: Conversation, event: string, data: unknown) => heard(was, { event, data: JSON.stringify(data) });

test("tokens add up, and the verified text takes their place at the end", () => {
  let talk = asked(EMPTY, "something quiet");
  talk = tell(talk, "state", { state: "searching", milliseconds: 1, note: "" });
  expect(talk.turns[1]!.state).toBe("searching");
  talk = tell(tell(talk, "token", { text: "Two " }), "token", { text: "films" });
  expect(talk.turns[1]!.text).toBe("Two films");
  talk = tell(talk, "done", { conversation: "c1", text: "Two quiet films.", by: "templates", model: "" });
  expect(talk).toMatchObject({ id: "c1", by: "templates" });
  expect(talk.turns.map((turn) => turn.text)).toEqual(["something quiet", "Two quiet films."]);
});

test("chips are those of the last word, and a removal adds no words of the reader", () => {
  let talk = tell(asked(EMPTY, "no horror"), "chips", [{ id: "1", text: "no horror" }]);
  talk = tell(asked(talk, ""), "chips", []);
  expect(talk.chips).toEqual([]);
  expect(talk.turns.map((turn) => turn.who)).toEqual(["reader", "agent", "agent"]);
});

test("what goes wrong stands in the turn it went wrong in", () => {
  const talk = failed(tell(asked(EMPTY, "a"), "token", { text: "half" }), "it broke off");
  expect(talk.turns[1]).toMatchObject({ text: "half", trouble: "it broke off", state: "" });
});

test("what was found says why by its first reason", () => {
  const item = (id: string, ...texts: string[]) => ({ asset_id: id, asset: { asset_id: id }, reasons: texts.map((text) => ({ text })) });
  const talk = tell(asked(EMPTY, "a"), "slate", { items: [item("x", "Because", "Popular"), item("y")] });
  expect(talk.turns[1]).toMatchObject({ slate: [{ asset_id: "x" }, { asset_id: "y" }], why: { x: "Because" } });
});

test("an event nobody knows changes nothing", () => {
  const talk = asked(EMPTY, "a");
  expect(tell(talk, "weather", { sun: true })).toBe(talk);
});
