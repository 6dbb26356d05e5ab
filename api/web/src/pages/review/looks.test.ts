import { expect, test } from "vitest";
import type { Evidence, Incident } from "../../api/shapes";
import { looksOf } from "./looks";

function look(id: number): Evidence {
  return { id, feed_id: "cam-01", captured_at: `2026-07-01T00:0${id}:00Z`, box: null, score: 0.9, url: "", annotated_url: "", sha256: "" };
}

function incident(...ids: number[]): Incident {
  return { evidence: ids.map(look) } as unknown as Incident;
}

test("looks are in the order of time, and those of other incidents are known as such", () => {
  const looks = looksOf(incident(2), [incident(3), incident(1)]);
  expect(looks.map(({ evidence, other }) => [evidence.id, other])).toEqual([[1, true], [2, false], [3, true]]);
});

test("a look that another incident still carries after an undone merge is shown once, as this incident's own", () => {
  const looks = looksOf(incident(2), [incident(1, 2)]);
  expect(looks.map(({ evidence, other }) => [evidence.id, other])).toEqual([[1, true], [2, false]]);
});
