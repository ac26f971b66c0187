import { expect, test } from "vitest";
import { block, events, type Sent } from "../src/api/sse";

function stream(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const coder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const one of chunks) controller.enqueue(typeof one === "string" ? coder.encode(one) : one);
      controller.close();
    },
  });
}

async function all(body: ReadableStream<Uint8Array>): Promise<Sent[]> {
  const out: Sent[] = [];
  for await (const one of events(body)) out.push(one);
  return out;
}

test("an event may come in pieces, and several at once", async () => {
  const found = await all(stream("event: to", 'ken\ndata: {"a"', ":1}\n\nevent: done\ndata: 2\n\n"));
  expect(found).toEqual([{ event: "token", data: '{"a":1}' }, { event: "done", data: "2" }]);
});

test("a letter cut in two between chunks is one letter", async () => {
  const bytes = new TextEncoder().encode("data: ä\n\n");
  expect(await all(stream(bytes.slice(0, 7), bytes.slice(7)))).toEqual([{ event: "message", data: "ä" }]);
});

test("what breaks off in the middle of an event is not one", async () => {
  expect(await all(stream("data: 1\n\ndata: 2\n"))).toEqual([{ event: "message", data: "1" }]);
});

test("lines of data are joined, comments and other fields are nothing", () => {
  expect(block("data: a\r\ndata:b\r\nid: 7")).toEqual({ event: "message", data: "a\nb" });
  expect(block(": still here")).toBeUndefined();
});
