/** Many items: a wall whose lines are all equally high, or one line that scrolls. */

import { useRef, type ReactNode } from "react";
import type { Asset } from "../api/types";
import { useFlip } from "../state/flip";
import { useRoving } from "../state/roving";
import { t } from "../words";
import { Card, type Acts } from "./Card";
import { Icon } from "./Icon";

interface Many extends Acts {
  assets: readonly Asset[];
  label: string;
  liked?: ReadonlySet<string>;
  eager?: number; // pictures that are loaded at once
  note?: (asset: Asset) => string | undefined;
}

function Cards({ assets, active, liked, eager = 0, note, ...acts }: Many & { active: number }) {
  return assets.map((asset, place) => {
    const words = note?.(asset);
    return (
      <Card
        key={asset.asset_id} asset={asset} active={place === Math.min(active, assets.length - 1)}
        liked={liked?.has(asset.asset_id) ?? false} eager={place < eager}
        {...(words !== undefined && { note: words })} {...acts}
      />
    );
  });
}

export function Wall({ label, full = false, ...many }: Many & { full?: boolean }) {
  const { active, row } = useRoving();
  const flip = useFlip(many.assets);
  return (
    <div ref={flip}>
      <ul className="wall" data-full={full || undefined} aria-label={label} {...row}>
        <Cards label={label} {...many} active={active} />
      </ul>
    </div>
  );
}

interface ShelfProps extends Many {
  heading: ReactNode;
  aside?: ReactNode;
}

export function Shelf({ heading, aside, label, ...many }: ShelfProps) {
  const { active, row } = useRoving();
  const flip = useFlip(many.assets);
  const list = useRef<HTMLUListElement>(null);
  const turn = (way: number) => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const left = way * (list.current?.clientWidth ?? 0) * 0.8;
    list.current?.scrollBy({ left, behavior: still ? "auto" : "smooth" });
  };
  return (
    <section className="shelf" aria-label={label}>
      <header className="shelf-head">
        <h2>{heading}</h2>
        {aside}
        <span className="turns">
          <button type="button" className="round" tabIndex={-1} aria-label={t("backIn", { label })} onClick={() => turn(-1)}>
            <Icon name="back" />
          </button>
          <button type="button" className="round" tabIndex={-1} aria-label={t("onIn", { label })} onClick={() => turn(1)}>
            <Icon name="forth" />
          </button>
        </span>
      </header>
      <div ref={flip}>
        <ul className="line" ref={list} {...row}>
          <Cards label={label} {...many} active={active} />
        </ul>
      </div>
    </section>
  );
}

const RATIOS = [2 / 3, 1, 1, 3 / 2, 2 / 3, 1, 2 / 3, 1, 3 / 2, 1, 2 / 3, 1];

/** Where cards will be. */
export function Bones({ line = false, n = 12 }: { line?: boolean; n?: number }) {
  return (
    <ul className={line ? "line bones" : "wall bones"} aria-hidden="true">
      {Array.from({ length: n }, (_, place) => (
        <li key={place} className="card" style={{ "--ratio": RATIOS[place % RATIOS.length] } as never}>
          <span className="card-open">
            <span className="cover" style={{ "--ratio": RATIOS[place % RATIOS.length] } as never} />
            <span className="card-title">&nbsp;</span>
            <span className="card-by">&nbsp;</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
