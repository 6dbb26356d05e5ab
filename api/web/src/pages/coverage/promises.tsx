import type { PromiseStatus } from "../../api/shapes";
import { span } from "../../format";
import { OutcomeChip } from "../../parts/chips";
import { href } from "../../router";
import { useStatus } from "../../status";
import { useWords } from "../../words/language";
import { named } from "./tally";

/** What each plan promises, those that do not keep it first and with the cameras that were not seen. */
export function Promises() {
  const words = useWords().coverage;
  const { status, lost } = useStatus();
  if (!status?.patrol) return null;
  const promises = [...status.patrol.promises].sort((a, b) => b.broken - a.broken);
  const stale = lost || !status.alive;
  return (
    <section className={stale ? "promises promises-stale" : "promises"} aria-label={words.promises}>
      <h2>{words.promises}</h2>
      {stale && <p className="promise-broken">{words.unchecked}</p>}
      {promises.map((promise) => {
        const Shown = promise.broken ? Broken : Kept;
        return <Shown key={promise.plan} promise={promise} />;
      })}
    </section>
  );
}

function Kept({ promise }: { promise: PromiseStatus }) {
  const { coverage: words, span: spans } = useWords();
  const { plan, feeds, within_s: within, open } = promise;
  return (
    <p className={open ? "promise-kept" : "dim"}>
      {open ? words.kept(named(plan, words), feeds, span(within, spans)) : words.closed(named(plan, words))}
    </p>
  );
}

function Broken({ promise }: { promise: PromiseStatus }) {
  const { coverage: words, span: spans } = useWords();
  const { plan, broken, feeds, within_s: within, longest } = promise;
  return (
    <div className="promise-broken" role="alert">
      <strong>{words.broken(named(plan, words), broken, feeds, span(within, spans))}</strong>
      <ul>
        {longest.map((unseen) => (
          <li key={unseen.feed_id}>
            <a href={href("feeds", null, { q: unseen.feed_id })}>{unseen.name || unseen.feed_id}</a>{" "}
            <span>{words.unseen(span(unseen.unseen_s, spans))}</span> <OutcomeChip outcome={unseen.outcome} />
          </li>
        ))}
        {broken > longest.length && <li className="dim">{words.brokenMore(broken - longest.length)}</li>}
      </ul>
    </div>
  );
}
