import type { Words } from "./words/en";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  // The Swedish way of writing a date is the ISO one: 2026-03-04 02:05:06.
  const made = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(zone, made);
  return made;
}

/** `2026-03-04 02:05:06` in the city's own time. */
export function localTime(at: string, zone: string): string {
  return format(zone).format(new Date(at));
}

/** The same without the year, for tight places: `03-04 02:05`. */
export function shortTime(at: string, zone: string): string {
  return localTime(at, zone).slice(5, 16);
}

/** `12 s ago`, `3 min ago`, `in 4 min`; `nowMs` is passed in so that it can be tested. */
export function age(at: string, nowMs: number, words: Words["time"]): string {
  const seconds = Math.round((nowMs - Date.parse(at)) / 1000);
  return seconds < 0 ? ahead(-seconds, words) : ago(seconds, words);
}

function ago(seconds: number, words: Words["time"]): string {
  if (seconds < 5) return words.now;
  if (seconds < 90) return words.seconds(seconds);
  if (seconds < 5400) return words.minutes(Math.round(seconds / 60));
  if (seconds < 129_600) return words.hours(Math.round(seconds / 3600));
  return words.days(Math.round(seconds / 86_400));
}

function ahead(seconds: number, words: Words["time"]): string {
  if (seconds < 5) return words.due;
  if (seconds < 90) return words.inSeconds(seconds);
  if (seconds < 5400) return words.inMinutes(Math.round(seconds / 60));
  return words.inHours(Math.round(seconds / 3600));
}

/** A time as people say it: `90 s`, `11 min`, `2.5 h`, `2.3 days`. */
export function span(seconds: number, words: Words["span"]): string {
  const tenth = (value: number) => Math.round(value * 10) / 10;
  if (seconds >= 2 * 86_400) return words.days(tenth(seconds / 86_400));
  if (seconds >= 2 * 3600) return words.hours(tenth(seconds / 3600));
  if (seconds >= 120) return words.minutes(tenth(seconds / 60));
  return words.seconds(Math.round(seconds));
}

/** Metres as a person says them: `4 m`, `120 m`, `1.2 km`. */
export function metres(value: number): string {
  return value < 1000 ? `${Math.round(value)} m` : `${(value / 1000).toFixed(1)} km`;
}

/** A score as a share of a hundred: `0.873` is `87`. */
export function percent(score: number): string {
  return `${Math.round(score * 100)}%`;
}

/** `104.06342, 30.65981`: five decimals are about a metre. */
export function lonLat(lon: number, lat: number): string {
  return `${lon.toFixed(5)}, ${lat.toFixed(5)}`;
}

/** The middle of the values, or null when there are none; a break at the desk does not spoil it as it would a mean. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
