import { useState } from "react";
import { DEFAULT_PLAN, type Feed } from "../../api/shapes";
import { age, localTime, span } from "../../format";
import { OutcomeChip } from "../../parts/chips";
import { href } from "../../router";
import { useSession } from "../../session";
import { useWords } from "../../words/language";
import { AcceptView } from "./accept-view";
import { FeedTrouble } from "./trouble";

export function FeedCard({ feed, nowMs, onChanged }: { feed: Feed; nowMs: number; onChanged: () => void }) {
  const words = useWords();
  const { feeds } = words;
  return (
    <li className="feed-card">
      <FeedPicture feed={feed} />
      <div className="feed-text">
        <h2>
          <span>{feed.name || feed.id}</span>
          <OutcomeChip outcome={feed.outcome} />
        </h2>
        <p className="row-line dim">
          <span className="mono">{feed.id}</span>
          <span>{feeds.kind[feed.kind]}</span>
        </p>
        <FeedTrouble feed={feed} />
        <AcceptView feed={feed} onChanged={onChanged} />
        {feed.failures > 0 && <p className="feed-failures">{feeds.failures(feed.failures)}</p>}
        {feed.muted > 0 && (
          <p className="dim">
            <a href={href("mutes")}>{feeds.muted(feed.muted)}</a>
          </p>
        )}
        <Plans feed={feed} />
        <dl className="feed-times">
          <When name={feeds.lastVisit} at={feed.last_visit_at} nowMs={nowMs} />
          <When name={feeds.lastSeen} at={feed.last_seen_at} nowMs={nowMs} />
          <When name={feeds.nextVisit} at={feed.next_visit_at} nowMs={nowMs} ahead />
        </dl>
        <p className="feed-url mono" title={feed.url}>
          {feed.url}
        </p>
        {(feed.owner || feed.purpose) && (
          <p className="dim">{[feed.owner, feed.purpose].filter(Boolean).join(" · ")}</p>
        )}
      </div>
    </li>
  );
}

/** How often the feed is visited while each of its plans is open. */
function Plans({ feed }: { feed: Feed }) {
  const { feeds: words, span: spans } = useWords();
  const plans = Object.entries(feed.every_s).sort(([, a], [, b]) => a - b);
  if (plans.length === 0) return null;
  const said = ([plan, seconds]: [string, number]) => {
    const every = span(seconds, spans);
    return plan === DEFAULT_PLAN ? words.every(every) : words.everyBy(plan, every);
  };
  return <p className="dim">{plans.map(said).join(" · ")}</p>;
}

function When({ name, at, nowMs, ahead }: { name: string; at: string | null; nowMs: number; ahead?: boolean }) {
  const words = useWords();
  // This machine's clock and the last tick may stand on the wrong side of a moment by a second.
  const atMs = at ? Date.parse(at) : nowMs;
  const fromMs = ahead ? Math.min(nowMs, atMs - 1000) : Math.max(nowMs, atMs);
  const { session } = useSession();
  return (
    <div>
      <dt>{name}</dt>
      <dd title={at ? localTime(at, session.timezone) : undefined}>{at ? age(at, fromMs, words.time) : words.feeds.never}</dd>
    </div>
  );
}

function FeedPicture({ feed }: { feed: Feed }) {
  const words = useWords().feeds;
  const { session } = useSession();
  const [lostUrl, setLostUrl] = useState<string | null>(null);
  if (!feed.picture_url || feed.picture_url === lostUrl) {
    return <div className="feed-picture feed-picture-none">{words.noPicture}</div>;
  }
  return (
    <div className="feed-picture">
      <img src={feed.picture_url} alt={feed.name} loading="lazy" onError={() => setLostUrl(feed.picture_url)} />
      {feed.picture_at && <time dateTime={feed.picture_at}>{localTime(feed.picture_at, session.timezone)}</time>}
    </div>
  );
}
