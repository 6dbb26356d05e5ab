import { expect, test } from "vitest";
import { age, localTime, median, metres, shortTime, span } from "./format";
import { parse } from "./router";
import { en } from "./words/en";
import { preferred } from "./words/language";

test("times are the city's, whatever the browser's clock is set to", () => {
  expect(localTime("2026-03-03T18:05:06Z", "Asia/Shanghai")).toBe("2026-03-04 02:05:06");
  expect(shortTime("2026-03-03T18:05:06Z", "Asia/Shanghai")).toBe("03-04 02:05");
});

test.each([
  ["2026-01-01T00:00:00Z", "just now"],
  ["2025-12-31T23:59:00Z", "60 s ago"],
  ["2025-12-31T23:00:00Z", "60 min ago"],
  ["2025-12-31T12:00:00Z", "12 h ago"],
  ["2025-12-29T00:00:00Z", "3 days ago"],
  ["2026-01-01T00:04:00Z", "in 4 min"],
])("the age of %s is said as %s", (at, said) => {
  expect(age(at, Date.parse("2026-01-01T00:00:00Z"), en.time)).toBe(said);
});

test("times are said as people say them", () => {
  expect([90, 660, 9000, 200_000].map((seconds) => span(seconds, en.span))).toEqual([
    "90 s",
    "11 min",
    "2.5 h",
    "2.3 days",
  ]);
});

test("the median is not moved by one long break", () => {
  expect(median([2, 3, 600])).toBe(3);
  expect(median([2, 4])).toBe(3);
  expect(median([])).toBeNull();
});

test("metres become kilometres where that reads better", () => {
  expect(metres(4.4)).toBe("4 m");
  expect(metres(1234)).toBe("1.2 km");
});

test("an address names page, record and filters; an unknown one is the review page", () => {
  const route = parse("#/cases/GP-20260304-000001?state=filed");
  expect([route.page, route.id, route.query.get("state")]).toEqual(["cases", "GP-20260304-000001", "filed"]);
  expect(parse("#/nowhere/7")).toMatchObject({ page: "review", id: null });
});

test("the language is the one chosen last, else the browser's", () => {
  expect(preferred("en", ["zh-CN"])).toBe("en");
  expect(preferred(null, ["zh-TW", "en"])).toBe("zh");
  expect(preferred(null, ["de"])).toBe("en");
});
