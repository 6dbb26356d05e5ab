import { useSyncExternalStore } from "react";

export const PAGES = ["review", "cases", "map", "feeds", "coverage", "mutes"] as const;
export type PageName = (typeof PAGES)[number];

export interface Route {
  page: PageName;
  /** The record named in the address, such as a case id; null for the page itself. */
  id: string | null;
  query: URLSearchParams;
}

/** Read `#/cases/GP-20260304-000001?state=filed`; anything unknown is the review page. */
export function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, id] = path.split("/");
  const known = PAGES.find((name) => name === page);
  return { page: known ?? "review", id: known && id ? decodeURIComponent(id) : null, query: new URLSearchParams(search) };
}

/** The address of a page or of one record on it. */
export function href(page: PageName, id?: string | null, query: Record<string, string> = {}): string {
  const set = Object.entries(query).filter(([, value]) => value !== "");
  const search = set.length ? `?${new URLSearchParams(set).toString()}` : "";
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${search}`;
}

/** Go there; `replace` keeps the browser's history free of every filter change. */
export function go(address: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", address);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = address;
  }
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

export function useRoute(): Route {
  return parse(useSyncExternalStore(subscribe, () => location.hash));
}
