/** Server-sent events out of the body of an answer to a POST, which EventSource can not read. */

export interface Sent {
  event: string;
  data: string;
}

/** One block of lines; undefined for a comment or a block without data. */
export function block(text: string): Sent | undefined {
  let event = "message";
  const data: string[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length ? { event, data: data.join("\n") } : undefined;
}

const END = /\r\n\r\n|\n\n|\r\r/;

/** As they come; what the stream holds when it breaks off in the middle of an event is lost. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Sent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let held = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      held += decoder.decode(value, { stream: !done });
      for (let end = END.exec(held); end; end = END.exec(held)) {
        const found = block(held.slice(0, end.index));
        held = held.slice(end.index + end[0].length);
        if (found) yield found;
      }
      if (done) return;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
