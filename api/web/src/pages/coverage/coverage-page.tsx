import { api } from "../../api/endpoints";
import type { Coverage } from "../../api/shapes";
import { LoadFailed, Loading } from "../../parts/loading";
import { localTime } from "../../format";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { useNow } from "../../use-now";
import { useWords } from "../../words/language";
import { PlanHours } from "./plan-hours";
import { Promises } from "./promises";
import { FATES, byPlan } from "./tally";
import { WorstFeeds } from "./worst-feeds";
import "./coverage.css";

const EVERY_MS = 60_000;

/** Whether every camera was looked at and seen on time: who was not right now, then the last day by plan and hour. */
export function CoveragePage() {
  const words = useWords().coverage;
  const edition = Math.floor(useNow(EVERY_MS) / EVERY_MS);
  const loaded = useLoaded("coverage", () => api.coverage(["plan", "hour"], 10_000), edition);
  const { value, error, reload } = loaded;
  return (
    <>
      <header className="coverage-head">
        <h1>{words.title}</h1>
        <p className="dim">{words.what}</p>
        <Legend />
      </header>
      <Promises />
      {value && <Recorded coverage={value} />}
      {value && <Plans coverage={value} />}
      {!value && (error ? <LoadFailed error={error} retry={reload} /> : <Loading />)}
      {value?.recorded_since && <WorstFeeds edition={edition} />}
    </>
  );
}

function Legend() {
  const words = useWords().coverage;
  return (
    <ul className="coverage-legend">
      {[...FATES, "late" as const].map((fate) => (
        <li key={fate} title={words.why[fate]}>
          <i className={`fate fate-${fate}`} />
          {words[fate]}
        </li>
      ))}
    </ul>
  );
}

function Recorded({ coverage }: { coverage: Coverage }) {
  const words = useWords().coverage;
  const { session } = useSession();
  const { recorded_since: recorded, since } = coverage;
  if (!recorded) return <p className="none">{words.never}</p>;
  if (Date.parse(recorded) <= Date.parse(since)) return null;
  return <p className="dim">{words.recorded(localTime(recorded, session.timezone).slice(0, 16))}</p>;
}

function Plans({ coverage }: { coverage: Coverage }) {
  return (
    <ul className="coverage-plans">
      {[...byPlan(coverage.rows)].map(([plan, rows]) => (
        <PlanHours key={plan} plan={plan} rows={rows} />
      ))}
    </ul>
  );
}
