import { Link } from "../parts/Link";

/** An address that leads nowhere. */
export function Missing({ path }: { path: string }) {
  return (
    <header className="opening">
      <h1 tabIndex={-1}>Nothing lives here</h1>
      <p className="lately"><code>{path.slice(0, 200)}</code> is no page of this house. <Link href="/">Your stream</Link> is.</p>
    </header>
  );
}
