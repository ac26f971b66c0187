/** What each model is, learned from, achieved, cost and cannot do. */

import { useState } from "react";
import { Failed, Slow } from "../../parts/Told";
import { useAsk } from "../../state/ask";
import { ops } from "./ask";
import { Markdown } from "./markdown";

export function Cards() {
  const asked = useAsk("operators cards", ops.cards);
  const [name, choose] = useState("");
  const cards = asked.data ?? [];
  const card = cards.find((one) => one.name === name) ?? cards[0];
  return (
    <div className="watch" aria-busy={asked.waiting}>
      <header className="opening">
        <h1 tabIndex={-1}>Model cards</h1>
        <p className="lately">Written by the training itself; nothing in them is typed by hand.</p>
      </header>
      <Slow asked={asked} />
      <Failed asked={asked} />
      {asked.data && !cards.length && <p className="told">This bundle has no cards; an older version made it.</p>}
      {card && (
        <div className="cards-of">
          <ul className="chips" aria-label="Models">
            {cards.map((one) => (
              <li key={one.name}>
                <button type="button" className="chip" aria-pressed={one === card} onClick={() => choose(one.name)}>{one.name}</button>
              </li>
            ))}
          </ul>
          <article className="card-text" aria-live="polite">
            <h2>{card.name}</h2>
            <Markdown text={card.text} />
          </article>
        </div>
      )}
    </div>
  );
}
