import { DEFAULT_PLAN, type CoverageRow, type Tally } from "../../api/shapes";
import type { Words } from "../../words/en";

/** The parts that a tally falls into, from good to bad; late ones are among seen and blind. */
export const FATES = ["seen", "blind", "backing_off", "missed"] as const;
export type Fate = (typeof FATES)[number];

export function countOf(tally: Tally, fate: Fate): number {
  return fate === "blind" ? sum(tally.blind) : tally[fate];
}

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

/** Outcomes with their counts, most first. */
export function mostFirst(counts: Record<string, number>): [string, number][] {
  return Object.entries(counts).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** `98.7%`: never 100 while something is missing, never 0 while something is there. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const tenths = Math.round((part / whole) * 1000);
  const honest = part < whole && tenths === 1000 ? 999 : part > 0 && tenths === 0 ? 1 : tenths;
  return `${(honest / 10).toFixed(honest % 10 === 0 ? 0 : 1)}%`;
}

/** `02:00` of `2026-03-04T02:00+08:00`. */
export function hourOf(row: CoverageRow): string {
  return row.hour?.slice(11, 16) ?? "";
}

/** A plan's name; where a city wrote no plans, all its feeds are one. */
export function named(plan: string, words: Words["coverage"]): string {
  return plan === DEFAULT_PLAN ? words.defaultPlan : plan;
}

/** Rows by their plan, in the order in which they came. */
export function byPlan(rows: readonly CoverageRow[]): Map<string, CoverageRow[]> {
  const found = new Map<string, CoverageRow[]>();
  for (const row of rows) found.set(row.plan ?? "", [...(found.get(row.plan ?? "") ?? []), row]);
  return found;
}
