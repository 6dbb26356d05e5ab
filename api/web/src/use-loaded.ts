import { useCallback, useEffect, useRef, useState } from "react";

export interface Loaded<T> {
  value: T | null;
  error: unknown;
  reload: () => void;
}

/** Load a value when `key` or `edition` changes; the old value stays on screen while the same key is read anew. */
export function useLoaded<T>(key: string, load: () => Promise<T>, edition = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: unknown }>({ key, value: null, error: null });
  const latest = useRef(load);
  const turn = useRef(0);
  useEffect(() => {
    latest.current = load;
  });
  const reload = useCallback(() => {
    const mine = ++turn.current;
    latest.current().then(
      (value) => mine === turn.current && setState({ key, value, error: null }),
      (error: unknown) =>
        mine === turn.current && setState((old) => ({ key, value: old.key === key ? old.value : null, error })),
    );
  }, [key]);
  useEffect(() => {
    reload();
    return () => void turn.current++;
  }, [reload, edition]);
  return state.key === key ? { ...state, reload } : { value: null, error: null, reload };
}
