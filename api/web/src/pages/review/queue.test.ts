import { expect, test } from "vitest";
import type { Incident } from "../../api/shapes";
import { EMPTY, step, unskipped, type Queue, type Step } from "./queue";

function incident(id: string, review: Incident["review"] = "pending"): Incident {
  return { id, review, evidence: [], verdicts: [] } as unknown as Incident;
}

function after(...steps: Step[]): Queue {
  return steps.reduce(step, EMPTY);
}

const ids = (queue: Queue) => queue.items.map((item) => item.id).join("");
const abc: Step = { do: "add", incidents: [incident("a"), incident("b"), incident("c")] };

test("new incidents never come before the one on screen", () => {
  expect(ids(after(abc, { do: "add", incidents: [incident("d")] }))).toBe("abcd");
});

test("an incident listed twice stands once", () => {
  expect(ids(after(abc, abc))).toBe("abc");
});

test("a decided incident stays away although a late list still names it", () => {
  expect(ids(after(abc, { do: "decide", id: "a" }, abc))).toBe("bc");
});

test("a skipped incident comes last, after those that come in later", () => {
  const queue = after(abc, { do: "skip" }, { do: "add", incidents: [incident("d")] });
  expect(ids(queue)).toBe("bcda");
  expect(unskipped(queue)).toBe(3);
});

test("when all are skipped they come round again in order", () => {
  expect(ids(after(abc, { do: "skip" }, { do: "skip" }, { do: "skip" }))).toBe("abc");
});

test("an incident whose verdict was not saved stands next, with the reason, and not under a key already on its way", () => {
  const queue = after(abc, { do: "decide", id: "a" }, { do: "return", incident: incident("a"), why: "disk full" });
  expect(ids(queue)).toBe("bac");
  expect(queue.returned.get("a")).toBe("disk full");
});

test("an undone incident is on screen again and may be decided anew", () => {
  const queue = after(abc, { do: "decide", id: "a" }, { do: "front", incident: incident("a") });
  expect(ids(queue)).toBe("abc");
  expect(queue.decided.has("a")).toBe(false);
});

test("what someone else decided leaves the queue, but never from under the eyes", () => {
  const others = after(abc, { do: "update", incident: incident("b", "rejected") });
  expect(ids(others)).toBe("ac");
  const onScreen = after(abc, { do: "update", incident: incident("a", "rejected") });
  expect(onScreen.items[0]?.review).toBe("rejected");
});

test("another order empties the queue and forgets no decision", () => {
  const queue = after(abc, { do: "decide", id: "a" }, { do: "clear" }, abc);
  expect(ids(queue)).toBe("bc");
});
