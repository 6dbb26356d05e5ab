import { useCallback, useMemo, useRef, useState, type Dispatch } from "react";
import { api } from "../../api/endpoints";
import { ApiError } from "../../api/client";
import type { Incident, Verdict, VerdictRequest } from "../../api/shapes";
import type { useReason } from "../../parts/loading";
import type { Step } from "./queue";

/** One verdict given here. `seconds` is the time from picture to verdict. */
export interface Decision {
  number: number;
  incident: Incident;
  verdict: VerdictRequest;
  seconds: number;
}

export type Notice =
  | { about: "not-saved" | "undo-failed"; why: unknown }
  | { about: "first"; why: unknown; now: Incident }
  | { about: "undone" | "nothing-to-undo" };

export interface Verdicts {
  /** Verdicts that stand, oldest first. */
  given: readonly Decision[];
  saving: number;
  /** How many were taken back and saved so: what merging had put together has come apart again. */
  undone: number;
  notice: Notice | null;
  dismiss: () => void;
  decide: (incident: Incident, verdict: VerdictRequest, seconds: number) => void;
  undo: () => void;
  /** Take back the verdict that stands on any incident, whoever gave it, and put its picture on the desk. */
  revoke: (id: string) => Promise<void>;
}

type Reason = ReturnType<typeof useReason>;

/**
 * Verdicts are sent in the background: the next picture is on screen at once. What concerns one incident is sent in
 * order (a verdict before its undo); a verdict that is refused brings its incident back with the reason.
 */
export function useVerdicts(dispatch: Dispatch<Step>, reason: Reason): Verdicts {
  const [given, setGiven] = useState<readonly Decision[]>([]);
  const [saving, setSaving] = useState(0);
  const [undone, setUndone] = useState(0);
  const [notice, setNotice] = useState<Notice | null>(null);
  const lanes = useLanes(setSaving);
  /** Numbers of decisions that were refused, and of those taken back while still under way. */
  const fallen = useRef(new Set<number>());
  const withdrawn = useRef(new Set<number>());
  const counter = useRef(0);

  const fall = useCallback(
    async (decision: Decision, error: unknown) => {
      const { incident, number } = decision;
      const now = isConflict(error) ? await api.incident(incident.id).catch(() => null) : null;
      fallen.current.add(number);
      setGiven((all) => all.filter((other) => other.number !== number));
      if (now) dispatch({ do: "update", incident: now });
      if (withdrawn.current.has(number)) return;
      if (now && now.review !== "pending") return setNotice({ about: "first", why: error, now });
      dispatch({ do: "return", incident: now ?? incident, why: reason(error, "verdict") });
      setNotice({ about: "not-saved", why: error });
    },
    [dispatch, reason],
  );

  const decide = useCallback(
    (incident: Incident, verdict: VerdictRequest, seconds: number) => {
      const decision = { number: ++counter.current, incident, verdict, seconds };
      dispatch({ do: "decide", id: incident.id });
      setGiven((all) => [...all, decision]);
      setNotice(null);
      void lanes(incident.id, () => api.judge(incident.id, verdict).catch((error: unknown) => fall(decision, error)));
    },
    [dispatch, lanes, fall],
  );

  const takeBack = useCallback(
    async (decision: Decision) => {
      if (fallen.current.has(decision.number)) return;
      try {
        await api.undo(decision.incident.id);
        setUndone((count) => count + 1);
      } catch (error) {
        dispatch({ do: "decide", id: decision.incident.id });
        setGiven((all) => [...all, decision]);
        setNotice({ about: "undo-failed", why: error });
      }
    },
    [dispatch],
  );

  const undo = useCallback(() => {
    const last = given.at(-1);
    if (!last) return setNotice({ about: "nothing-to-undo" });
    withdrawn.current.add(last.number);
    setGiven(given.slice(0, -1));
    dispatch({ do: "front", incident: last.incident });
    setNotice({ about: "undone" });
    return void lanes(last.incident.id, () => takeBack(last));
  }, [given, dispatch, lanes, takeBack]);

  const revoke = useCallback(
    async (id: string) => {
      await api.undo(id);
      setGiven((all) => all.filter((decision) => decision.incident.id !== id));
      setUndone((count) => count + 1);
      dispatch({ do: "front", incident: await api.incident(id) });
    },
    [dispatch],
  );

  const dismiss = useCallback(() => setNotice(null), []);
  return useMemo(
    () => ({ given, saving, undone, notice, dismiss, decide, undo, revoke }),
    [given, saving, undone, notice, dismiss, decide, undo, revoke],
  );
}

/** One lane per incident: what is sent in it waits for what was sent before. */
function useLanes(setSaving: Dispatch<(count: number) => number>) {
  const lanes = useRef(new Map<string, Promise<unknown>>());
  return useCallback(
    async (id: string, send: () => Promise<unknown>) => {
      setSaving((count) => count + 1);
      const mine = (lanes.current.get(id) ?? Promise.resolve()).then(send);
      lanes.current.set(id, mine);
      await mine.finally(() => {
        setSaving((count) => count - 1);
        if (lanes.current.get(id) === mine) lanes.current.delete(id);
      });
    },
    [setSaving],
  );
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** The verdict that stands, if any: the last one that was not undone. */
export function standing(incident: Incident): Verdict | null {
  return incident.verdicts.findLast((verdict) => verdict.undone_at === null) ?? null;
}
