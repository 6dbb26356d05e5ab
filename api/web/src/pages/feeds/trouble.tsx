import type { Feed } from "../../api/shapes";
import { useWords } from "../../words/language";

/** What is the matter with a feed: our sentence first, the patrol's own words below. */
export function FeedTrouble({ feed }: { feed: Feed }) {
  const words = useWords().feeds;
  const { outcome } = feed;
  const bad = outcome !== null && outcome !== "ok";
  const detail = withoutUrl(feed.detail, feed.url);
  return (
    <>
      {bad && <p className="feed-error">{words.trouble[outcome]}</p>}
      {detail && <p className="feed-detail">{detail}</p>}
    </>
  );
}

/** The address stands elsewhere on the page, and is often longer than what is said of it. */
export function withoutUrl(detail: string, url: string): string {
  return url ? detail.replaceAll(`${url}: `, "") : detail;
}
