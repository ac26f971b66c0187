/** The newcomer's strip: five empty places that fill, and the way back. */

import { STEPS, type Deed } from "../state/reader";
import { to } from "../state/route";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { Link } from "./Link";

interface Props {
  deeds: Deed[];
  becoming: boolean;
  trouble: string;
  undo: (index: number) => void;
  anew: () => void;
}

export function Becoming({ deeds, becoming, trouble, undo, anew }: Props) {
  const liked = deeds.map((deed, index) => ({ ...deed, index })).filter((deed) => deed.kind !== "dismiss");
  const shown = liked.slice(-STEPS);
  const left = STEPS - liked.length;
  return (
    <section className="becoming" data-open={becoming || undefined} aria-label="Who you are becoming">
      <div className="becoming-words">
        <h1 tabIndex={-1}>{heading(liked.length, becoming)}</h1>
        <p>
          {becoming
            ? `Choose what you like, ${left === 1 ? "one thing more" : `${NUMBERS[left] ?? left} things`}; after every click the stream is made again, for you.`
            : "From here on the stream follows what you do. Open things, like them, or wave them away."}
        </p>
      </div>
      <div className="becoming-row">
        <ol className="slots" aria-label="You are becoming">
          {shown.map((deed) => (
            <li key={deed.asset.asset_id} className="slot full">
              <Link href={to.item(deed.asset.asset_id)} aria-label={deed.asset.title} title={deed.asset.title}>
                <Cover asset={deed.asset} eager />
              </Link>
              <button
                type="button" className="slot-undo" aria-label={`Take back ${deed.asset.title}`}
                onClick={() => undo(deed.index)}
              >
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
          {Array.from({ length: Math.max(0, STEPS - shown.length) }, (_, place) => (
            <li key={place} className="slot" aria-hidden="true">{shown.length + place + 1}</li>
          ))}
        </ol>
        {deeds.length > 0 && (
          <button type="button" className="textual" aria-label="Start over" onClick={anew}>
            <Icon name="undo" size={16} /> <span>Start over</span>
          </button>
        )}
      </div>
      {trouble && <p className="told" role="alert">{trouble}</p>}
    </section>
  );
}

const NUMBERS = ["no", "one", "two", "three", "four", "five"];

function heading(chosen: number, becoming: boolean): string {
  if (!becoming) return "You have become somebody";
  if (chosen === 0) return "Nobody knows you yet";
  return ["", "A first trace", "Two make a line", "A taste begins", "Almost somebody"][chosen] ?? "";
}
