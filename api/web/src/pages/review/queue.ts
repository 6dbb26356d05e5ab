import type { Incident } from "../../api/shapes";

/** What waits for a verdict. The first item is the one on screen; nothing here ever replaces it by itself. */
export interface Queue {
  items: readonly Incident[];
  /** Ids that were skipped; they stand at the end, in the order they were skipped. */
  skipped: ReadonlySet<string>;
  /** Ids decided here; they are kept out of the queue however late a list still names them. */
  decided: ReadonlySet<string>;
  /** What the person must know about an item that came back: why its verdict was not saved. */
  returned: ReadonlyMap<string, string>;
}

export const EMPTY: Queue = { items: [], skipped: new Set(), decided: new Set(), returned: new Map() };

export type Step =
  | { do: "add"; incidents: readonly Incident[] }
  | { do: "front"; incident: Incident }
  | { do: "decide"; id: string }
  | { do: "skip" }
  | { do: "return"; incident: Incident; why: string }
  | { do: "update"; incident: Incident }
  | { do: "clear" };

export function step(queue: Queue, change: Step): Queue {
  switch (change.do) {
    case "add":
      return add(queue, change.incidents);
    case "front":
      return front(queue, change.incident);
    case "decide":
      return decide(queue, change.id);
    case "skip":
      return skip(queue);
    case "return":
      return comeBack(queue, change.incident, change.why);
    case "update":
      return update(queue, change.incident);
    case "clear":
      return clear(queue);
  }
}

/** New ones stand before the skipped ones, and never before the one on screen. */
function add(queue: Queue, incidents: readonly Incident[]): Queue {
  const known = new Set(queue.items.map((item) => item.id));
  const fresh = incidents.filter(
    (incident) => incident.review === "pending" && !known.has(incident.id) && !queue.decided.has(incident.id),
  );
  if (fresh.length === 0) return queue;
  const firstSkipped = queue.items.findIndex((item, place) => place > 0 && queue.skipped.has(item.id));
  const at = firstSkipped === -1 ? queue.items.length : firstSkipped;
  return { ...queue, items: queue.items.toSpliced(at, 0, ...fresh) };
}

/** Asked for by the person: an undone verdict, or an incident opened from another page. */
function front(queue: Queue, incident: Incident): Queue {
  const others = queue.items.filter((item) => item.id !== incident.id);
  return { ...forget(queue, incident.id), items: [incident, ...others] };
}

function decide(queue: Queue, id: string): Queue {
  return {
    ...forget(queue, id),
    items: queue.items.filter((item) => item.id !== id),
    decided: new Set(queue.decided).add(id),
  };
}

function skip(queue: Queue): Queue {
  const [first, ...rest] = queue.items;
  if (!first) return queue;
  return { ...queue, items: [...rest, first], skipped: new Set(queue.skipped).add(first.id) };
}

/** Its verdict was not saved: it stands next, not first, so that a key meant for the picture on screen cannot hit it. */
function comeBack(queue: Queue, incident: Incident, why: string): Queue {
  const others = queue.items.filter((item) => item.id !== incident.id);
  const returned = new Map(queue.returned).set(incident.id, why);
  return { ...forget(queue, incident.id), returned, items: others.toSpliced(1, 0, incident) };
}

/** Something became known of an incident. One that someone else decided leaves, unless it is on screen. */
function update(queue: Queue, incident: Incident): Queue {
  const place = queue.items.findIndex((item) => item.id === incident.id);
  if (place === -1) return queue;
  if (incident.review !== "pending" && place > 0) {
    return { ...queue, items: queue.items.toSpliced(place, 1) };
  }
  return { ...queue, items: queue.items.with(place, incident) };
}

/** Another order or filter was chosen; what was decided stays decided. */
function clear(queue: Queue): Queue {
  return { ...EMPTY, decided: queue.decided, returned: queue.returned };
}

function forget(queue: Queue, id: string): Queue {
  const without = <T>(set: ReadonlySet<T>, item: T) => new Set([...set].filter((other) => other !== item));
  return {
    ...queue,
    skipped: without(queue.skipped, id),
    decided: without(queue.decided, id),
    returned: new Map([...queue.returned].filter(([other]) => other !== id)),
  };
}

/** How many have not been skipped: when few are left, more are fetched. */
export function unskipped(queue: Queue): number {
  return queue.items.filter((item) => !queue.skipped.has(item.id)).length;
}
