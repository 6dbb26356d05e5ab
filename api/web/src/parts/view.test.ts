import { expect, test } from "vitest";
import { fitted, kept, WHOLE, zoomedAt, zoomedTo } from "./view";

const picture = { width: 800, height: 400 };

test("a wide picture fits by its width, a tall one by its height", () => {
  expect(fitted({ width: 1600, height: 800 }, { width: 800, height: 800 })).toEqual(picture);
  expect(fitted({ width: 400, height: 800 }, { width: 800, height: 400 })).toEqual({ width: 200, height: 400 });
});

test("zooming in and out again at the same point leaves the picture where it was", () => {
  const at = { x: 120, y: -60 };
  const back = zoomedAt(zoomedAt(WHOLE, 3, at, picture), 1 / 3, at, picture);
  expect(back.scale).toBeCloseTo(1);
  expect(back.x).toBeCloseTo(0);
});

test("the picture cannot be pushed out of the stage", () => {
  expect(kept({ scale: 2, x: 9999, y: -9999 }, picture)).toEqual({ scale: 2, x: 400, y: -200 });
});

test("a box is brought to the middle", () => {
  const view = zoomedTo([0.6, 0.5, 0.8, 0.7], picture);
  expect(view.scale).toBeCloseTo(2);
  expect(view.x).toBeCloseTo((0.5 - 0.7) * 800 * 2);
  expect(view.y).toBeCloseTo((0.5 - 0.6) * 400 * 2);
});
