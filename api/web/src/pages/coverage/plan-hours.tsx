import type { CoverageRow, Tally } from "../../api/shapes";
import { useWords } from "../../words/language";
import { FATES, countOf, hourOf, mostFirst, named, share, sum } from "./tally";

/** One plan over the day: how much was seen in all, and a bar for each hour. */
export function PlanHours({ plan, rows }: { plan: string; rows: readonly CoverageRow[] }) {
  const words = useWords().coverage;
  const all = added(rows);
  return (
    <li className="plan-card">
      <h2>
        {named(plan, words)} <strong>{share(all.seen, all.planned)}</strong>
      </h2>
      <p className="dim">{words.seenOf(all.seen.toLocaleString(), all.planned.toLocaleString())}</p>
      <div className="hours" role="list">
        {rows.map((row) => (
          <Hour key={row.hour} row={row} />
        ))}
      </div>
      <Counts tally={all} />
    </li>
  );
}

function Hour({ row }: { row: CoverageRow }) {
  const words = useWords().coverage;
  const told = `${hourOf(row)} ${row.planned ? said(row, words) : words.none}`;
  return (
    <div className="hour" role="listitem" title={told} aria-label={told}>
      <div className="hour-bar">
        {FATES.map((fate) => {
          const count = countOf(row, fate);
          return count > 0 && <i key={fate} className={`fate-${fate}`} style={{ flexGrow: count }} />;
        })}
      </div>
      <div className="hour-late">
        <i className="fate-late" style={{ width: `${row.planned ? (100 * row.late) / row.planned : 0}%` }} />
      </div>
      <span>{hourOf(row).slice(0, 2)}</span>
    </div>
  );
}

/** What was not simply seen, in figures. */
function Counts({ tally }: { tally: Tally }) {
  const words = useWords();
  const own = (["backing_off", "missed", "late", "extra"] as const).filter((fate) => tally[fate] > 0);
  return (
    <p className="plan-counts">
      {mostFirst(tally.blind).map(([outcome, count]) => (
        <span key={outcome}>
          <i className="fate fate-blind" />
          {(words.outcome as Record<string, string>)[outcome] ?? outcome} <b>{count.toLocaleString()}</b>
        </span>
      ))}
      {own.map((fate) => (
        <span key={fate}>
          <i className={`fate fate-${fate}`} />
          {words.coverage[fate]} <b>{tally[fate].toLocaleString()}</b>
        </span>
      ))}
    </p>
  );
}

function said(tally: Tally, words: ReturnType<typeof useWords>["coverage"]): string {
  const parts = FATES.map((fate) => [words[fate], countOf(tally, fate)] as const);
  const counts = [...parts, [words.late, tally.late] as const].filter(([, count]) => count > 0);
  return counts.map(([name, count]) => `${name} ${count}`).join(", ");
}

function added(rows: readonly Tally[]): Tally {
  const blind: Record<string, number> = {};
  for (const row of rows) {
    for (const [outcome, count] of Object.entries(row.blind)) blind[outcome] = (blind[outcome] ?? 0) + count;
  }
  const all = (name: "planned" | "done" | "seen" | "backing_off" | "missed" | "late" | "extra") =>
    sum(Object.fromEntries(rows.map((row, index) => [index, row[name]])));
  const [planned, seen] = [all("planned"), all("seen")];
  return {
    planned,
    seen,
    blind,
    done: all("done"),
    backing_off: all("backing_off"),
    missed: all("missed"),
    late: all("late"),
    extra: all("extra"),
    seen_share: planned ? seen / planned : null,
  };
}
