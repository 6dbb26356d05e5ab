import { api } from "../../api/endpoints";
import type { Incident } from "../../api/shapes";
import { useMatterName } from "../../catalogue";
import { shortTime } from "../../format";
import { Loading } from "../../parts/loading";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { useLanguage } from "../../words/language";
import { mainLook } from "./desk";
import { useKeys } from "./keys";
import { LookPicture } from "./looks";
import { EscButton, type PanelProps } from "./panel";

const MOST = 9;

/** Which other incident is the same thing? Those at the same place first, then those in the same cell. */
export function MergePanel({ incident, earlier, onJudge, onClose }: PanelProps) {
  const { words } = useLanguage();
  const cell = incident.cell?.id;
  const near = useLoaded(`near ${cell ?? incident.feed_id}`, () =>
    api.incidents(cell ? { cell, limit: 30 } : { feed: incident.feed_id, limit: 30 }),
  );
  const others = mergeable(incident, [...earlier, ...(near.value?.items ?? [])]);
  useKeys((command) => {
    const chosen = typeof command === "object" ? others[command.choose - 1] : undefined;
    if (chosen) onJudge({ kind: "merge", into: chosen.id });
  });
  if (!near.value && !near.error) return <Loading />;
  return (
    <div className="panel panel-merge" role="group" aria-label={words.review.mergeAsk}>
      <strong>{others.length ? words.review.mergeAsk : words.review.mergeNone}</strong>
      {others.map((other, place) => (
        <Other
          key={other.id}
          other={other}
          number={place + 1}
          onChoose={() => onJudge({ kind: "merge", into: other.id })}
        />
      ))}
      <EscButton onClick={onClose} />
    </div>
  );
}

function Other({ other, number, onChoose }: { other: Incident; number: number; onChoose: () => void }) {
  const { words } = useLanguage();
  const { session } = useSession();
  const name = useMatterName()(other.matter);
  const look = mainLook(other);
  return (
    <button type="button" className="merge-choice" onMouseDown={(event) => event.preventDefault()} onClick={onChoose}>
      {look && <LookPicture evidence={look} />}
      <span>
        <kbd>{number}</kbd> <strong>{name}</strong>
      </span>
      <span>{shortTime(look?.captured_at ?? other.last_seen, session.timezone)}</span>
      <small>
        {other.feed_name || other.feed_id} · {words.reviewState[other.review]}
      </small>
    </button>
  );
}

/** Each other incident once; what was itself merged or rejected is nothing to merge into. */
function mergeable(incident: Incident, all: readonly Incident[]): Incident[] {
  const byId = new Map(all.map((other) => [other.id, other]));
  byId.delete(incident.id);
  return [...byId.values()]
    .filter((other) => other.review === "pending" || other.review === "confirmed")
    .slice(0, MOST);
}
