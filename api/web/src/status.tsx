import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { watchStatus } from "./api/events";
import type { Status } from "./api/shapes";

interface Watched {
  status: Status | null;
  /** True while the server does not answer. */
  lost: boolean;
}

const Context = createContext<Watched>({ status: null, lost: false });

export function StatusProvider({ children }: { children: ReactNode }) {
  const [watched, setWatched] = useState<Watched>({ status: null, lost: false });
  useEffect(
    () =>
      watchStatus(
        (status) => setWatched({ status, lost: false }),
        () => setWatched((old) => ({ ...old, lost: true })),
      ),
    [],
  );
  const value = useMemo(() => watched, [watched]);
  return <Context value={value}>{children}</Context>;
}

export function useStatus(): Watched {
  return use(Context);
}
