import { useEffect, useRef } from "react";
import { api } from "./endpoints";
import { request } from "./client";
import type { Status } from "./shapes";

export type EventName = "incident" | "case" | "mute" | "feed" | "patrol";

/** What the server tells of a change: which record it concerns. Records are always read again, never trusted from here. */
export interface Told {
  id?: string;
}

type Listener = (told: Told) => void;

const NAMES: readonly EventName[] = ["incident", "case", "mute", "feed", "patrol"];
const REOPEN_MS = 5_000;

/** One stream for the whole console; pages listen to the names they care for. */
class EventStream {
  private source: EventSource | null = null;
  private timer: number | undefined;
  private readonly listeners = new Map<EventName, Set<Listener>>();

  listen(name: EventName, listener: Listener): () => void {
    const those = this.listeners.get(name) ?? new Set<Listener>();
    this.listeners.set(name, those.add(listener));
    return () => void those.delete(listener);
  }

  open(): void {
    if (this.source) return;
    const source = new EventSource("/api/v1/events");
    this.source = source;
    for (const name of NAMES) {
      source.addEventListener(name, (event) => this.tell(name, read((event as MessageEvent<string>).data)));
    }
    // Too much was missed while the stream was away: whatever is shown may be old.
    source.addEventListener("reset", () => NAMES.forEach((name) => this.tell(name, {})));
    // The browser reopens a broken stream by itself, but gives up when the server answers with an error.
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.reopenLater();
    };
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private tell(name: EventName, told: Told): void {
    this.listeners.get(name)?.forEach((listener) => listener(told));
  }

  private reopenLater(): void {
    this.close();
    this.timer = window.setTimeout(() => {
      // Asked first because a stream does not say why it was refused; a lost session brings up the sign-in here.
      request("/session").then(
        () => this.open(),
        () => this.reopenLater(),
      );
    }, REOPEN_MS);
  }
}

function read(data: string): Told {
  try {
    const told: unknown = JSON.parse(data);
    return typeof told === "object" && told !== null ? (told as Told) : {};
  } catch {
    return {};
  }
}

export const stream = new EventStream();

/** Call `listener` whenever the server tells of a change of this kind. */
export function useTold(name: EventName, listener: Listener): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => stream.listen(name, (told) => latest.current(told)), [name]);
}

const STATUS_MS = 20_000;
const SETTLE_MS = 1_000;

/** The patrol's state is small: read it again after events, once they settle, and regularly whatever the stream does. */
export function watchStatus(onStatus: (status: Status) => void, onLost: () => void): () => void {
  let open = true;
  let settling: number | undefined;
  const readOnce = () => {
    api.status().then(
      (status) => open && onStatus(status),
      () => open && onLost(),
    );
  };
  const soon = () => {
    window.clearTimeout(settling);
    settling = window.setTimeout(readOnce, SETTLE_MS);
  };
  const offs = [stream.listen("patrol", soon), stream.listen("incident", soon)];
  const timer = window.setInterval(readOnce, STATUS_MS);
  readOnce();
  return () => {
    open = false;
    offs.forEach((off) => off());
    window.clearTimeout(settling);
    window.clearInterval(timer);
  };
}
