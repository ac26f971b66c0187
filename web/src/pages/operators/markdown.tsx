/** As much of Markdown as model cards use: headings, tables, lists, `code`, **bold**. No HTML is let through. */

import { Fragment, type ReactNode } from "react";

export function Markdown({ text }: { text: string }) {
  return <>{blocks(text).map((block, i) => <Fragment key={i}>{drawn(block)}</Fragment>)}</>;
}

/** Lines that stand together: a table, a list, a heading, or a paragraph. */
export function blocks(text: string): string[][] {
  const out: string[][] = [];
  let kind = "";
  for (const line of text.split("\n")) {
    const now = !line.trim() ? "" : line.startsWith("|") ? "table" : line.startsWith("- ") ? "list" : /^#+ /.test(line) ? "heading" : "words";
    const on = now === kind && now !== "heading";
    if (now && on) out.at(-1)!.push(line);
    else if (now) out.push([line]);
    kind = now;
  }
  return out;
}

function drawn(lines: string[]): ReactNode {
  const first = lines[0]!;
  if (first.startsWith("|")) return <Grid rows={lines.filter((line) => !/^\|(\s*:?-+:?\s*\|)+$/.test(line)).map(cells)} />;
  if (first.startsWith("- ")) return <ul className="plain">{lines.map((line, i) => <li key={i}>{inline(line.slice(2))}</li>)}</ul>;
  const level = /^(#+) (.*)$/.exec(first);
  if (level) return level[1]!.length > 1 ? <h3>{level[2]}</h3> : null; // the card's name is its heading
  return <p>{inline(lines.join(" "))}</p>;
}

const cells = (line: string): string[] => line.slice(1, -1).split("|").map((cell) => cell.trim());

function Grid({ rows }: { rows: string[][] }) {
  const [head, ...rest] = rows;
  const named = head?.some(Boolean);
  return (
    <div className="sideways" tabIndex={0} role="group" aria-label={named ? head!.join(", ") : "Facts"}>
      <table className="facts">
        {named && <thead><tr>{head!.map((cell, i) => <th scope="col" key={i}>{cell}</th>)}</tr></thead>}
        <tbody>
          {rest.map((row, i) => (
            <tr key={i}>{row.map((cell, j) => (j ? <td key={j}>{inline(cell)}</td> : <th scope="row" key={j}>{inline(cell)}</th>))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inline(text: string): ReactNode[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part, i) => {
    if (part.startsWith("`") && part.length > 2) return <code key={i}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**") && part.length > 4) return <b key={i}>{part.slice(2, -2)}</b>;
    if (part.startsWith("*") && part.length > 2) return <em key={i}>{part.slice(1, -1)}</em>;
    return part;
  });
}
