import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api } from "../../api/endpoints";
import type { Incident, VerdictRequest } from "../../api/shapes";
import { useReason } from "../../parts/loading";
import { useSession } from "../../session";
import { useQueue, type Fed, type Wanted } from "./use-queue";
import { useVerdicts, type Verdicts } from "./use-verdicts";

/** The review desk: it stays while the person looks at other pages, so that coming back finds everything as it was. */
export interface Desk extends Omit<Fed, "dispatch">, Omit<Verdicts, "decide"> {
  current: Incident | null;
  wanted: Wanted;
  want: (wanted: Wanted) => void;
  mayDecide: boolean;
  /** Tell that the current picture is on screen: before that no verdict is taken. */
  seen: (id: string) => void;
  judge: (verdict: VerdictRequest) => void;
  skip: () => void;
  /** Bring an incident to the front, asked for from another page. */
  open: (id: string) => Promise<void>;
}

const Context = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = use(Context);
  if (!desk) throw new Error("useDesk is for pages within the DeskProvider");
  return desk;
}

export function DeskProvider({ children }: { children: ReactNode }) {
  const { session } = useSession();
  const reason = useStableReason();
  const [wanted, want] = useState<Wanted>({ order: "oldest", matter: "" });
  const { dispatch, ...fed } = useQueue(wanted);
  const { decide, ...verdicts } = useVerdicts(dispatch, reason);
  const current = fed.queue.items[0] ?? null;
  const mayDecide = session.role !== "viewer";
  const { seen, secondsSince } = useSeen();

  const judge = (verdict: VerdictRequest) => {
    const seconds = current && secondsSince(current.id);
    if (!current || seconds === null || !mayDecide || current.review !== "pending") return;
    decide(current, verdict, seconds);
  };
  const open = useCallback(
    async (id: string) => dispatch({ do: "front", incident: await api.incident(id) }),
    [dispatch],
  );
  const skip = useCallback(() => dispatch({ do: "skip" }), [dispatch]);
  usePreloaded(fed.queue.items);
  const desk: Desk = { ...fed, ...verdicts, current, wanted, want, mayDecide, seen, judge, skip, open };
  return <Context value={desk}>{children}</Context>;
}

/** Remembers since when which picture is on screen. */
function useSeen() {
  const shown = useRef<{ id: string; atMs: number } | null>(null);
  return useMemo(
    () => ({
      seen: (id: string) => {
        shown.current = { id, atMs: performance.now() };
      },
      secondsSince: (id: string) =>
        shown.current?.id === id ? (performance.now() - shown.current.atMs) / 1000 : null,
    }),
    [],
  );
}

const AHEAD = 3;

/** Fetch the next pictures while the person looks at this one; they are held so that the browser keeps them. */
function usePreloaded(items: readonly Incident[]): void {
  const held = useRef(new Map<string, HTMLImageElement>());
  const urls = items
    .slice(1, 1 + AHEAD)
    .map((incident) => mainLook(incident)?.url ?? "")
    .filter((url) => url !== "")
    .join("\n");
  useEffect(() => {
    const wanted = urls.split("\n").filter((url) => url !== "");
    for (const url of [...held.current.keys()]) if (!wanted.includes(url)) held.current.delete(url);
    for (const url of wanted) {
      if (held.current.has(url)) continue;
      const image = new Image();
      image.src = url;
      held.current.set(url, image);
    }
  }, [urls]);
}

/** The picture to judge by: the latest one with a box, else the latest. */
export function mainLook(incident: Incident) {
  const newestFirst = [...incident.evidence].sort((a, b) => Date.parse(b.captured_at) - Date.parse(a.captured_at));
  return newestFirst.find((look) => look.box !== null) ?? newestFirst[0] ?? null;
}

/** The function changes with the language; what is in flight must not be restarted for that. */
function useStableReason(): ReturnType<typeof useReason> {
  const reason = useReason();
  const latest = useRef(reason);
  useEffect(() => {
    latest.current = reason;
  });
  return useCallback<ReturnType<typeof useReason>>((error, about) => latest.current(error, about), []);
}
