import type { CaseState, Outcome } from "../api/shapes";
import { useWords } from "../words/language";

/** The mark every drawn scene carries, wherever it is shown. */
export function Drawn() {
  const words = useWords();
  return (
    <span className="chip chip-drawn" title={words.synthetic}>
      {words.syntheticShort}
    </span>
  );
}

export function OutcomeChip({ outcome }: { outcome: Outcome | null }) {
  const words = useWords();
  const tone = outcome === null ? "idle" : outcome === "ok" ? "good" : "bad";
  return <span className={`chip chip-${tone}`}>{words.outcome[outcome ?? "waiting"]}</span>;
}

const CASE_TONES: Record<CaseState, string> = { filed: "find", closed: "good", void: "idle" };

export function CaseChip({ state }: { state: CaseState }) {
  const words = useWords();
  return <span className={`chip chip-${CASE_TONES[state]}`}>{words.cases.states[state]}</span>;
}
