import { age, localTime } from "../../format";
import { useSession } from "../../session";
import { useStatus } from "../../status";
import { useNow } from "../../use-now";
import { useWords } from "../../words/language";
import { useDesk } from "./desk";
import { useKeys } from "./keys";

/** Nothing waits: say so, and say whether that can be believed. */
export function EmptyDesk({ onHelp }: { onHelp: () => void }) {
  const words = useWords();
  const { undo } = useDesk();
  useKeys((command) => {
    if (command === "undo") undo();
    if (command === "help") onHelp();
  });
  return (
    <section className="empty-desk">
      <h2>{words.review.empty}</h2>
      <p>{words.review.emptyMore}</p>
      <PatrolState />
    </section>
  );
}

function PatrolState() {
  const words = useWords().patrol;
  const times = useWords().time;
  const { session } = useSession();
  const { status } = useStatus();
  const nowMs = useNow(1000);
  if (!status) return null;
  const { patrol, alive } = status;
  if (!patrol) return <p className="loud">{words.never} {words.dead}</p>;
  const trouble = [...patrol.trouble, ...status.trouble];
  const when = `${localTime(patrol.at, session.timezone)} (${age(patrol.at, nowMs, times)})`;
  return (
    <div className={alive && trouble.length === 0 ? "calm" : "loud"}>
      <p>{alive ? words.last(when) : words.deadSince(when)}</p>
      {alive && <p>{words.seeing(patrol.outcomes.ok ?? 0, patrol.feeds)}</p>}
      {alive && patrol.late > 0 && <p>{words.late(patrol.late)}</p>}
      {alive && patrol.outbox > 0 && <p>{words.outbox(patrol.outbox)}</p>}
      {trouble.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}
