import { expect, test } from "vitest";
import type { CoverageRow } from "../../api/shapes";
import { byPlan, mostFirst, share } from "./tally";

test("a share is never rounded to all or nothing", () => {
  expect([share(9999, 10_000), share(1, 10_000), share(3, 3), share(0, 3), share(0, 0)]).toEqual([
    "99.9%",
    "0.1%",
    "100%",
    "0%",
    "–",
  ]);
});

test("outcomes come most first", () => {
  expect(mostFirst({ dark: 2, timeout: 5, frozen: 2 })).toEqual([
    ["timeout", 5],
    ["dark", 2],
    ["frozen", 2],
  ]);
});

test("rows stay in order under their plan", () => {
  const row = (plan: string, hour: string) => ({ plan, hour }) as CoverageRow;
  const found = byPlan([row("a", "1"), row("a", "2"), row("b", "1")]);
  expect([...found].map(([plan, rows]) => [plan, rows.length])).toEqual([
    ["a", 2],
    ["b", 1],
  ]);
});
