/** The frame: header, banner, one page, the agent at the side. */

import { Suspense, lazy, useCallback, useEffect, useRef, useState } from "react";
import { Agent } from "./agent/Agent";
import { api } from "./api/client";
import { Arrivals } from "./pages/Arrivals";
import { ItemPage } from "./pages/Item";
import { Missing } from "./pages/Missing";
import { Search } from "./pages/Search";
import { Stream } from "./pages/Stream";
import { Banner } from "./parts/Banner";
import { Header } from "./parts/Header";
import type { Status } from "./api/types";
import { useAsk } from "./state/ask";
import { useReader } from "./state/reader";
import { useRoute, type Route } from "./state/route";
import { t, useLanguage } from "./words";

const Operators = lazy(() => import("./pages/operators"));
const NONE: readonly string[] = [];

export function App() {
  useLanguage();
  const route = useRoute();
  const [talking, setTalking] = useState(false);
  const status = useAsk("status", api.status).data;
  const main = useMain(route);
  const { user } = useReader();
  const [talked, setTalked] = useState(""); // the reader who did: what was said stays while the side is shut
  if (talking && talked !== user) setTalked(user);
  useEffect(() => {
    if (matchMedia("(max-width: 48rem)").matches) setTalking(false); // there the side hides where a link has led
  }, [route.path]);
  const talk = useCallback(() => setTalking((was) => !was), []);
  const hush = useCallback(() => {
    setTalking(false);
    document.querySelector<HTMLElement>(".talk")?.focus();
  }, []);
  return (
    <div className="frame" data-talking={talking || undefined}>
      <a className="skip" href="#main">{t("skip")}</a>
      <Header domains={status?.domains} talking={talking} talk={talk} />
      <Banner />
      <main id="main" ref={main} tabIndex={-1}>
        <Page route={route} status={status} />
      </main>
      {talked === user && <Agent key={user} open={talking} domains={route.page === "stream" && route.name ? [route.name] : NONE} status={status} close={hush} />}
    </div>
  );
}

const searched = (route: Route): string => (route.query.get("q") ?? "").slice(0, 400);

function Page({ route, status }: { route: Route; status: Status | undefined }) {
  switch (route.page) {
    case "stream":
      if (route.name && status && !status.domains.includes(route.name)) return <Missing path={route.path} />;
      return <Stream domain={route.name} />;
    case "search": {
      const text = searched(route);
      return <Search key={text} text={text} query={route.query} />;
    }
    case "item":
      return <ItemPage key={route.name} id={route.name} visual={!!status?.visual} />;
    case "new":
      return <Arrivals />;
    case "operators":
      return <Suspense fallback={<p className="told">…</p>}><Operators name={route.name} /></Suspense>;
    case "missing":
      return <Missing path={route.path} />;
  }
}

/** After going somewhere, focus and the tab's title are of the new page; what only narrows stays. */
function useMain(route: Route) {
  const main = useRef<HTMLElement>(null);
  const place = `${route.page} ${route.name} ${route.page === "search" ? searched(route) : ""}`.trimEnd();
  const before = useRef(place);
  useEffect(() => {
    const heading = () => main.current?.querySelector("h1");
    const title = () => {
      const words = heading()?.textContent;
      document.title = words && place !== "stream" ? `${words} · Hermes` : "Hermes";
    };
    title();
    if (before.current !== place) (heading() ?? main.current)?.focus({ preventScroll: true });
    before.current = place;
    const watch = new MutationObserver(title);
    if (main.current) watch.observe(main.current, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [place]);
  return main;
}
