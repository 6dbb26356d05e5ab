import { useCallback, useEffect, useMemo, useReducer, useRef, useState, type Dispatch } from "react";
import { api, type IncidentFilter } from "../../api/endpoints";
import { useTold } from "../../api/events";
import type { Incident } from "../../api/shapes";
import { EMPTY, step, unskipped, type Queue, type Step } from "./queue";

const BATCH = 20;
const FEW = 6;
const SETTLE_MS = 400;
const LOOK_AGAIN_MS = 20_000;

export interface Wanted {
  order: NonNullable<IncidentFilter["order"]>;
  matter: string;
}

export interface Fed {
  queue: Queue;
  dispatch: Dispatch<Step>;
  /** False until the first answer: an unread queue is not an empty one. */
  read: boolean;
  error: unknown;
  retry: () => void;
}

/** The queue, filled from the server: page after page while items run low, and from the start when something is told. */
export function useQueue({ order, matter }: Wanted): Fed {
  const [queue, dispatch] = useReducer(step, EMPTY);
  const [pagesRead, setPagesRead] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const latest = useRef(queue);
  useEffect(() => {
    latest.current = queue;
  });
  const reader = useMemo(() => {
    const onPage = (incidents: Incident[]) => {
      dispatch({ do: "add", incidents });
      setError(null);
      setPagesRead((read) => read + 1);
    };
    return pageReader({ review: "pending", order, matter, limit: BATCH }, onPage, setError);
  }, [order, matter]);

  useEffect(() => {
    setPagesRead(0);
    dispatch({ do: "clear" });
    reader.open();
    const timer = window.setInterval(reader.fromStart, LOOK_AGAIN_MS);
    return () => {
      window.clearInterval(timer);
      reader.close();
    };
  }, [reader]);
  const few = unskipped(queue) < FEW;
  useEffect(() => {
    if (few && pagesRead > 0) reader.onward();
  }, [few, pagesRead, reader]);
  useNews(latest, dispatch, reader.fromStart);
  return { queue, dispatch, read: pagesRead > 0, error, retry: reader.fromStart };
}

/** Reads one page at a time; what arrives after `close` is dropped, because another order or matter was chosen. */
function pageReader(filter: IncidentFilter, onPage: (incidents: Incident[]) => void, onError: (error: unknown) => void) {
  let cursor: string | null = null;
  let busy = false;
  let open = false;
  const ask = (from: string | null) => {
    if (busy) return;
    busy = true;
    api
      .incidents({ ...filter, cursor: from })
      .then((page) => {
        cursor = page.next_cursor;
        if (open) onPage(page.items);
      })
      .catch((error: unknown) => {
        if (open) onError(error);
      })
      .finally(() => {
        busy = false;
      });
  };
  const fromStart = () => ask(null);
  return {
    fromStart,
    onward: () => {
      if (cursor) ask(cursor);
    },
    open: () => {
      open = true;
      fromStart();
    },
    close: () => {
      open = false;
    },
  };
}

/** Events name an incident. One in the queue is read again; an unknown one may be new, so the list is. */
function useNews(queue: React.RefObject<Queue>, dispatch: Dispatch<Step>, fromStart: () => void): void {
  const timer = useRef<number | undefined>(undefined);
  const onNews = useCallback(
    (id: string | undefined) => {
      if (id && queue.current.decided.has(id)) return;
      if (id && queue.current.items.some((item) => item.id === id)) {
        api.incident(id).then(
          (incident: Incident) => dispatch({ do: "update", incident }),
          // A missed update does no harm: the verdict itself is refused with the reason.
          () => undefined,
        );
        return;
      }
      window.clearTimeout(timer.current);
      timer.current = window.setTimeout(fromStart, SETTLE_MS);
    },
    [queue, dispatch, fromStart],
  );
  useTold("incident", (told) => onNews(told.id));
  useEffect(() => () => window.clearTimeout(timer.current), []);
}
