import { useState } from "react";
import { api } from "../../api/endpoints";
import { useTold } from "../../api/events";
import type { Incident, Mute } from "../../api/shapes";
import { useMatterName } from "../../catalogue";
import { localTime } from "../../format";
import { href } from "../../router";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { useWords } from "../../words/language";

/** Says of a rejected finding that its place is muted now. */
export function MutedHere({ incident }: { incident: Incident }) {
  const rejected = incident.review === "rejected";
  const [edition, setEdition] = useState(0);
  useTold("mute", () => setEdition((count) => count + 1));
  const found = useLoaded(
    `mutes of ${rejected ? incident.id : "nothing"}`,
    () => (rejected ? api.mutes({ incident: incident.id, state: "active" }) : Promise.resolve(null)),
    edition,
  );
  const mute = found.value?.items[0];
  return mute ? <Until mute={mute} /> : null;
}

/** Says after this person's reject that it was the one that muted a place. */
export function JustMuted() {
  const words = useWords();
  const { session } = useSession();
  const [mute, setMute] = useState<Mute | null>(null);
  const name = useMatterName();
  useTold("mute", ({ id }) => {
    if (!id) return;
    api.mute(id).then(
      (found) => setMute((old) => (byUs(found, session.username) ? found : old?.id === found.id ? null : old)),
      () => undefined,
    );
  });
  if (!mute) return null;
  return (
    <p className="notice" role="status">
      {mute.feed_name}, {name(mute.matter)}: <Until mute={mute} />
      <button type="button" className="quiet" aria-label={words.action.close} onClick={() => setMute(null)}>
        ×
      </button>
    </p>
  );
}

function byUs(mute: Mute, username: string): boolean {
  const last = mute.history.at(-1);
  return mute.state === "active" && last?.deed === "muted" && last.by === username;
}

function Until({ mute }: { mute: Mute }) {
  const words = useWords().mutes;
  const { session } = useSession();
  return (
    <span data-testid="muted-here">
      {words.now(localTime(mute.expires_at, session.timezone))} <a href={href("mutes")}>{words.see}</a>
    </span>
  );
}
