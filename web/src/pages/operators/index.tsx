/** The operators' pages, and the frame around them; loaded when somebody first goes there. */

import type { ComponentType } from "react";
import { Link } from "../../parts/Link";
import { Missing } from "../Missing";
import { Cards } from "./Cards";
import { Learning } from "./Learning";
import { Overview } from "./Overview";
import { Request } from "./Request";
import { Stock } from "./Stock";
import "../../styles/operators.css";

interface Page {
  name: string; // in the address, behind /operators/; the first has none
  title: string;
  page: ComponentType;
}

const PAGES: Page[] = [
  { name: "", title: "Health", page: Overview },
  { name: "request", title: "One request", page: Request },
  { name: "catalogue", title: "Catalogue", page: Stock },
  { name: "training", title: "Training", page: Learning },
  { name: "cards", title: "Model cards", page: Cards },
];

/** On a phone the row of pages is wider than the screen: the one that is read is in sight. */
function inSight(row: HTMLElement | null): void {
  const link = row?.querySelector<HTMLElement>("[aria-current]");
  if (row && link) row.scrollLeft = link.offsetLeft - row.offsetLeft - (row.clientWidth - link.clientWidth) / 2;
}

export default function Operators({ name }: { name: string }) {
  const found = PAGES.find((one) => one.name === name);
  return (
    <div className="operators" lang="en">
      <nav className="places" aria-label="Operators" ref={(row) => inSight(row)}>
        {PAGES.map((one) => (
          <Link
            key={one.name} href={one.name ? `/operators/${one.name}` : "/operators"}
            aria-current={one.name === name ? "page" : undefined}
          >
            {one.title}
          </Link>
        ))}
      </nav>
      {found ? <found.page key={found.name} /> : <Missing path={`/operators/${name}`} />}
    </div>
  );
}
