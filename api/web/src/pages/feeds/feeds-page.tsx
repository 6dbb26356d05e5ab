import { useEffect, useState } from "react";
import { api } from "../../api/endpoints";
import { useTold } from "../../api/events";
import { OUTCOMES, type Feed } from "../../api/shapes";
import { More } from "../../parts/more";
import { go, href, useRoute } from "../../router";
import { useStatus } from "../../status";
import { usePaged } from "../../use-paged";
import { useNow } from "../../use-now";
import { useWords } from "../../words/language";
import { FeedCard } from "./feed-card";
import "./feeds.css";

const PAGE = 60;
const TYPING_MS = 250;

/** Which feeds see the street, and what is the matter with the others. */
export function FeedsPage() {
  const words = useWords().feeds;
  const { query } = useRoute();
  const q = query.get("q") ?? "";
  const outcome = query.get("outcome") ?? "";
  const list = usePaged<Feed>(`${outcome} ${q}`, (cursor) => api.feeds({ q, outcome, cursor, limit: PAGE }));
  useTold("feed", () => {
    if (list.items.length <= PAGE) list.reload();
  });
  const nowMs = useNow(5_000);
  const change = (next: Record<string, string>) => go(href("feeds", null, { q, outcome, ...next }), true);
  return (
    <>
      <header className="feeds-head">
        <h1>{words.title}</h1>
        <Search q={q} onSearch={(text) => change({ q: text })} />
        <OutcomeFilter outcome={outcome} onChange={(chosen) => change({ outcome: chosen })} />
      </header>
      <ul className="feed-grid">
        {list.items.map((feed) => (
          <FeedCard key={feed.id} feed={feed} nowMs={nowMs} onChanged={list.reload} />
        ))}
      </ul>
      <More list={list} none={q || outcome ? words.none : words.noneYet} label={words.more} />
    </>
  );
}

/** The text is in the address; while typing, the address follows after a moment. */
function Search({ q, onSearch }: { q: string; onSearch: (text: string) => void }) {
  const words = useWords().feeds;
  const [text, setText] = useState(q);
  const [last, setLast] = useState(q);
  if (q !== last) {
    setLast(q);
    setText(q);
  }
  useEffect(() => {
    if (text === q) return undefined;
    const timer = window.setTimeout(() => onSearch(text), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text, q, onSearch]);
  return (
    <input
      type="search"
      placeholder={words.search}
      aria-label={words.search}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

/** The states as buttons with their numbers, so that trouble is seen without looking for it. */
function OutcomeFilter({ outcome, onChange }: { outcome: string; onChange: (outcome: string) => void }) {
  const words = useWords();
  const { status } = useStatus();
  const counts = status?.patrol?.outcomes ?? {};
  const shown = OUTCOMES.filter((known) => known === "ok" || counts[known] || outcome === known);
  return (
    <div className="outcome-filter" role="group" aria-label={words.feeds.outcome}>
      <button type="button" aria-pressed={outcome === ""} onClick={() => onChange("")}>
        {words.feeds.all} {status?.patrol && <span className="count">{status.patrol.feeds}</span>}
      </button>
      {shown.map((known) => (
        <button key={known} type="button" aria-pressed={outcome === known} onClick={() => onChange(known)}>
          {words.outcome[known]} <span className="count">{counts[known] ?? 0}</span>
        </button>
      ))}
    </div>
  );
}
