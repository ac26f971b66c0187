import { Link } from "../parts/Link";
import { rich, t } from "../words";

/** An address that leads nowhere. */
export function Missing({ path }: { path: string }) {
  return (
    <header className="opening">
      <h1 tabIndex={-1}>{t("missing")}</h1>
      <p className="lately">{rich("noPage", { path: <code>{path.slice(0, 200)}</code>, home: <Link href="/">{t("yourStream")}</Link> })}</p>
    </header>
  );
}
