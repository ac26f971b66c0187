/** The top of every page. */

import { useReader } from "../state/reader";
import { to, useRoute } from "../state/route";
import { Icon, Wing } from "./Icon";
import { Link } from "./Link";
import { ReaderMenu } from "./ReaderMenu";
import { SearchBox } from "./SearchBox";
import { t } from "../words";
import { domain } from "./words";

interface Props {
  domains: readonly string[] | undefined;
  talking: boolean;
  talk: () => void;
}

export function Header({ domains, talking, talk }: Props) {
  const route = useRoute();
  const { user } = useReader();
  const here = (page: string, name = "") =>
    route.page === page && route.name === name ? ("page" as const) : undefined;
  return (
    <header className="top" data-user={user}>
      <Link className="mark" href="/" aria-label={t("home")}><Wing /> <span>Hermes</span></Link>
      <nav className="places" aria-label={t("main")}>
        <Link href="/" aria-current={here("stream")}>{t("everything")}</Link>
        {domains?.map((name) => (
          <Link key={name} href={to.domain(name)} aria-current={here("stream", name)} data-domain={name}>
            {domain(name)}
          </Link>
        ))}
        {domains && <Link href="/new" aria-current={here("new")}>{t("justIn")}</Link>}
        {domains && <Link href="/operators" aria-current={route.page === "operators" ? "page" : undefined}>{t("operators")}</Link>}
      </nav>
      <SearchBox />
      <button type="button" className="who talk" aria-expanded={talking} aria-controls="agent" onClick={talk} aria-label={t("talk")}>
        <Icon name="talk" />
      </button>
      <ReaderMenu />
    </header>
  );
}
