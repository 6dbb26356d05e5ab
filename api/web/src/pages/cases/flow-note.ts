import { REJECT_REASONS, type CaseEvent } from "../../api/shapes";
import type { Words } from "../../words/en";

const RECLASSED = /^(\w+) → (\w+)(?:: (.*))?$/s;
const MERGED = /^(undo )?([←→]) (\S+)$/;
const REASON = /^(\w+)(?:: (.*))?$/s;

/**
 * What a line of the flow log adds to its kind, as a sentence. The server writes notes without a language:
 * `undo`, `key → key`, `→ incident`, `reason`, each perhaps followed by what the operator wrote.
 */
export function flowNote(event: Pick<CaseEvent, "kind" | "note">, words: Words, matterName: (key: string) => string): string {
  const { kind, note } = event;
  if (kind === "recheck") return coded(note, words.cases.recheck.why);
  if (kind === "unverified") return coded(note, words.cases.recheck.reason);
  if (note === "undo") return words.cases.note.undone;
  const reclassed = RECLASSED.exec(note);
  if (reclassed) return joined(`${matterName(reclassed[1] ?? "")} → ${matterName(reclassed[2] ?? "")}`, reclassed[3]);
  const merged = MERGED.exec(note);
  if (merged) return mergeNote(merged, words);
  const rejected = kind === "void" ? REASON.exec(note) : null;
  const reason = REJECT_REASONS.find((known) => known === rejected?.[1]);
  return reason ? joined(words.reason[reason], rejected?.[2]) : note;
}

function mergeNote([, undone, arrow, id = ""]: RegExpExecArray, words: Words): string {
  const { note } = words.cases;
  if (undone) return note.apart(id);
  return arrow === "→" ? note.into(id) : note.from(id);
}

/** Says a note's first word, `deadline 2026-07-01T…` or `blind: too dark`, and leaves the rest. */
function coded(note: string, words: Record<string, string>): string {
  const [, key = "", rest = ""] = /^(\w+):? ?(.*)$/s.exec(note) ?? [];
  return words[key] ? joined(words[key], rest) : note;
}

function joined(fact: string, said: string | undefined): string {
  return said ? `${fact} · ${said}` : fact;
}
