import { useCallback, useEffect, useRef, useState } from "react";
import type { Page } from "./api/shapes";

export interface Paged<Item> {
  items: readonly Item[];
  read: boolean;
  busy: boolean;
  error: unknown;
  /** Null when everything has been read. */
  more: (() => void) | null;
  reload: () => void;
}

interface State<Item> {
  key: string;
  items: readonly Item[];
  cursor: string | null;
  read: boolean;
  busy: boolean;
  error: unknown;
}

function fresh<Item>(key: string): State<Item> {
  return { key, items: [], cursor: null, read: false, busy: true, error: null };
}

/** A list read page by page; `key` names the filters, and a new key starts anew. */
export function usePaged<Item>(key: string, readPage: (cursor: string | null) => Promise<Page<Item>>): Paged<Item> {
  const [state, setState] = useState<State<Item>>(() => fresh(key));
  const latest = useRef(readPage);
  const turn = useRef(0);
  useEffect(() => {
    latest.current = readPage;
  });
  const load = useCallback(
    (cursor: string | null) => {
      const mine = ++turn.current;
      const isMine = () => mine === turn.current;
      setState((old) => (old.key === key ? { ...old, busy: true, error: null } : fresh(key)));
      latest.current(cursor).then(
        (page) => isMine() && setState((old) => joined(old, page, cursor !== null)),
        (error: unknown) => isMine() && setState((old) => ({ ...old, busy: false, error })),
      );
    },
    [key],
  );
  useEffect(() => {
    load(null);
    return () => void turn.current++;
  }, [load]);
  const { items, cursor, read, busy, error } = state.key === key ? state : fresh<Item>(key);
  return { items, read, busy, error, more: cursor ? () => load(cursor) : null, reload: () => load(null) };
}

function joined<Item>(old: State<Item>, page: Page<Item>, onward: boolean): State<Item> {
  const items = onward ? [...old.items, ...page.items] : page.items;
  return { ...old, items, cursor: page.next_cursor, read: true, busy: false, error: null };
}
