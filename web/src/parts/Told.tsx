/** What is said where an answer should be: it is slow, it failed, or there is nothing. */

import type { ReactNode } from "react";
import type { Asked } from "../state/ask";

export function Slow({ asked }: { asked: Asked<unknown> }) {
  if (!asked.waiting || !asked.slow) return null;
  return (
    <p className="told" role="status">
      This takes longer than it should. <button type="button" className="textual" onClick={asked.stop}>Call it off</button>
    </p>
  );
}

const HEADINGS: Record<number, string> = {
  0: "No answer came",
  401: "The server wants to know who you are",
  403: "This is not yours to see",
  404: "Nothing of that name",
  429: "Too many questions at once",
};

export function Failed({ asked, children }: { asked: Asked<unknown>; children?: ReactNode }) {
  const { error } = asked;
  if (!error || asked.waiting) return null;
  const heading = error.code === "cancelled" ? "Called off" : HEADINGS[error.status];
  return (
    <div className="told failed" role="alert">
      <h2>{heading ?? "That did not work"}</h2>
      <p>{error.message}</p>
      <p className="told-acts">
        <button type="button" className="pill" onClick={asked.again}>Ask again</button>
        {children}
      </p>
    </div>
  );
}
