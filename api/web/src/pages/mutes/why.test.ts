import { expect, test } from "vitest";
import { en } from "../../words/en";
import { why } from "./mute-card";

test("reasons are counted in the order of their first use", () => {
  const grounds = (["not_there", "wrong_class", "not_there"] as const).map((reason) => ({ reason }));
  expect(why(grounds, en.reason)).toBe("Nothing there ×2 · Something else");
});
