import { api } from "../../api/endpoints";
import type { Feed } from "../../api/shapes";
import { localTime } from "../../format";
import { Asked } from "../../parts/asked";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** Who accepted a feed's view last, and the way to accept the one that it shows now. */
export function AcceptView({ feed, onChanged }: { feed: Feed; onChanged: () => void }) {
  const words = useWords().feeds;
  const { session } = useSession();
  const { view_accepted: accepted } = feed;
  return (
    <>
      {accepted && (
        <p className="dim">
          {words.viewAccepted(localTime(accepted.at, session.timezone), accepted.by)}
          {accepted.note && <span className="fact-more">{accepted.note}</span>}
        </p>
      )}
      {session.role !== "viewer" && shownStrange(feed) && (
        <Asked
          name={words.acceptView}
          question={words.acceptViewAsk}
          about="feed"
          act={(note) => api.acceptView(feed.id, note)}
          onDone={onChanged}
        />
      )}
    </>
  );
}

/** Whether the last visit saw another view, and nobody has accepted that since. */
export function shownStrange(feed: Pick<Feed, "outcome" | "last_visit_at" | "view_accepted">): boolean {
  const strange = feed.outcome === "turned" || feed.outcome === "blurred";
  const { view_accepted: accepted, last_visit_at: at } = feed;
  return strange && (!accepted || (at !== null && Date.parse(at) > Date.parse(accepted.at)));
}
