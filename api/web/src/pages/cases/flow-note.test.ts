import { expect, test } from "vitest";
import { en } from "../../words/en";
import { zh } from "../../words/zh";
import { flowNote } from "./flow-note";

const NAMES: Record<string, string> = { overflowing_bin: "垃圾箱满溢", exposed_garbage: "暴露垃圾" };
const name = (key: string) => NAMES[key] ?? key;

test.each([
  ["filed", "overflowing_bin → exposed_garbage: 路口", "垃圾箱满溢 → 暴露垃圾 · 路口"],
  ["reclassed", "overflowing_bin → exposed_garbage", "垃圾箱满溢 → 暴露垃圾"],
  ["void", "undo", "判定已撤销"],
  ["void", "permitted: 集市", "属许可范围 · 集市"],
  ["merged", "→ abc-1", "并入发现 abc-1"],
  ["merged", "← abc-1", "发现 abc-1 并入本案"],
  ["merged", "undo ← abc-1", "发现 abc-1 已重新分出"],
  ["recheck", "handled: 已清扫", "处置人报告完成 · 已清扫"],
  ["unverified", "blind: too dark", "摄像机看不清 · too dark"],
  ["unverified", "vehicle", "仅巡查车看到过"],
  ["verified", "×3", "×3"],
  ["filed", "as seen", "as seen"],
] as const)("a %s line with the note %j says %j in Chinese", (kind, note, said) => {
  expect(flowNote({ kind, note }, zh, name)).toBe(said);
});

test("the same note is said in the other language", () => {
  expect(flowNote({ kind: "void", note: "permitted" }, en, name)).toBe("Permitted");
});
