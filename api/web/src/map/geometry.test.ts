import { expect, test } from "vitest";
import { around, boundsOf, ring } from "./geometry";
import { countStep } from "./marks";

test("a circle of 111 m is a thousandth of a degree of latitude high, and wider than high in degrees", () => {
  const [west, south, east, north] = around(106.5, 60, 111.32);
  expect(north - south).toBeCloseTo(0.002);
  expect(east - west).toBeCloseTo(0.004);
});

test("a ring closes", () => {
  const line = ring(106.5, 29.5, 20, 12);
  expect(line).toHaveLength(13);
  expect(line[0]).toEqual(line[12]);
});

test("bounds hold cells and places; nothing has none", () => {
  expect(boundsOf(null, [])).toBeNull();
  expect(boundsOf(null, [{ lon: 1, lat: 2 }, { lon: -1, lat: 5 }])).toEqual([-1, 2, 1, 5]);
});

test.each([[0, 0], [1, 1], [2, 1], [3, 2], [11, 3], [12, 4], [500, 4]])("%i incidents are step %i", (count, expected) => {
  expect(countStep(count)).toBe(expected);
});
