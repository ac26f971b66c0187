/** Where the reader is: the address bar, and nothing else, knows. */

import { useSyncExternalStore } from "react";
import { flushSync } from "react-dom";

export interface Route {
  page: "stream" | "search" | "item" | "new" | "operators" | "missing";
  name: string; // of the domain, the item or the operators' page
  query: URLSearchParams;
  path: string; // all of it
}

/** From an address to a page. */
export function parse(path: string): Route {
  const url = new URL(path, "http://hermes");
  const parts = url.pathname.split("/").filter(Boolean);
  const rest = decoded(parts.slice(1).join("/"));
  const found = { name: rest, query: url.searchParams, path };
  switch (parts[0]) {
    case undefined:
      return { ...found, page: "stream" };
    case "domains":
      return { ...found, page: rest ? "stream" : "missing" };
    case "items":
      return { ...found, page: rest ? "item" : "missing" };
    case "search":
    case "new":
      return { ...found, page: rest ? "missing" : parts[0] };
    case "operators":
      return { ...found, page: "operators" };
    default:
      return { ...found, page: "missing" };
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const to = {
  home: "/",
  domain: (name: string) => `/domains/${encodeURIComponent(name)}`,
  item: (asset: string) => `/items/${encodeURIComponent(asset)}`,
  search: (text: string) => `/search?q=${encodeURIComponent(text)}`,
};

const listeners = new Set<() => void>();
const address = () => location.pathname + location.search;
const notify = () => {
  for (const listener of listeners) listener();
};

/** The browser would scroll the page that is left: what one comes back to is drawn a frame later. */
addEventListener("popstate", ({ state }) => moved((state as { left?: number } | null)?.left));

/** With a view transition where the browser has them and the reader does not mind motion. */
function moved(top: number | undefined): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const change = () => {
    flushSync(notify);
    if (top !== undefined) scrollTo(0, top);
  };
  if (still || !document.startViewTransition || document.hidden) change();
  else document.startViewTransition(change).ready.catch(() => undefined); // another took its place
}

/** Go there; who stays sees the same page with something of it changed, and scrolls nowhere. */
export function go(path: string, stay = false): void {
  if (path === address()) return;
  history.replaceState({ left: scrollY }, "");
  history.pushState(null, "", path);
  if (stay) {
    notify();
    return;
  }
  moved(0);
}

/** Another reader was chosen: the address no longer says who reads. */
export function unname(): void {
  const query = new URLSearchParams(location.search);
  if (!query.has("user")) return;
  query.delete("user");
  history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
  notify();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

let last: Route | undefined;
function current(): Route {
  const path = address();
  if (last?.path !== path) last = parse(path);
  return last;
}

export const useRoute = (): Route => useSyncExternalStore(subscribe, current);
