import { expect, test } from "vitest";
import { commandOf } from "./keys";

const press = (key: string, more: object = {}) =>
  commandOf({ key, code: "", repeat: false, ctrlKey: false, metaKey: false, altKey: false, ...more });

test.each([
  ["a", "accept"],
  ["A", "accept"],
  ["Enter", "accept"],
  ["ArrowRight", "skip"],
  ["?", "help"],
  ["3", { choose: 3 }],
])("%s is a command", (key, command) => {
  expect(press(key)).toEqual(command);
});

test("a key the browser needs is not taken", () => {
  expect(press("r", { ctrlKey: true })).toBeNull();
  expect(press("x")).toBeNull();
});

test("a held key gives one verdict, not a row of them", () => {
  expect(press("a", { repeat: true })).toBeNull();
  expect(press("[", { repeat: true })).toBe("lookBack");
});

test("with a Chinese input method on, the key's place counts", () => {
  expect(press("Process", { code: "KeyA" })).toBe("accept");
  expect(press("Process", { code: "Digit2" })).toEqual({ choose: 2 });
});
