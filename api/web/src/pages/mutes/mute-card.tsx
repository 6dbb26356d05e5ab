import { useState } from "react";
import type { Mute, MuteGround } from "../../api/shapes";
import { useMatterName } from "../../catalogue";
import { age, localTime, percent } from "../../format";
import { BoxOutline } from "../../parts/picture";
import { href } from "../../router";
import { useSession } from "../../session";
import { useNow } from "../../use-now";
import { useWords } from "../../words/language";
import { LiftMute } from "./lift";

/** One muted place: what is left alone, since when and why, and whether it still looks as it did. */
export function MuteCard({ mute, onChanged }: { mute: Mute; onChanged: () => void }) {
  const words = useWords().mutes;
  const { session } = useSession();
  const name = useMatterName()(mute.matter);
  const active = mute.state === "active";
  return (
    <li className="mute-card">
      <MutePicture mute={mute} alt={`${name}, ${mute.feed_name}`} />
      <div className="mute-text">
        <h2>
          <span>{name}</span>
          <span className={active ? "chip chip-find" : "chip"}>{words.states[mute.state]}</span>
        </h2>
        <p>
          <a href={href("feeds", null, { q: mute.feed_id })}>{mute.feed_name}</a>{" "}
          <span className="mono dim">{mute.feed_id}</span>
        </p>
        <p>{words.span(localTime(mute.since, session.timezone), localTime(end(mute), session.timezone))}</p>
        <Reasons grounds={mute.grounds} />
        <Watched mute={mute} />
        <History mute={mute} />
        <LiftMute mute={mute} onChanged={onChanged} />
      </div>
    </li>
  );
}

/** When it ended, or will. */
function end(mute: Mute): string {
  const onTime = mute.state === "active" || mute.state === "expired";
  return (onTime ? undefined : mute.history.at(-1)?.at) ?? mute.expires_at;
}

/** The last rejected picture; once it is no longer kept, the camera's present view with the same box. */
function MutePicture({ mute, alt }: { mute: Mute; alt: string }) {
  const words = useWords().mutes;
  const [lost, setLost] = useState<readonly string[]>([]);
  const kept = mute.grounds.findLast((ground) => ground.picture)?.picture;
  const urls = [kept?.url, mute.feed_picture_url].filter((url): url is string => Boolean(url) && !lost.includes(url ?? ""));
  const url = urls[0];
  if (!url) return <div className="mute-picture mute-picture-none">{words.noPicture}</div>;
  const past = url === kept?.url;
  return (
    <figure className="mute-picture">
      <div>
        <img src={url} alt={alt} loading="lazy" onError={() => setLost([...lost, url])} />
        <BoxOutline box={(past && kept?.box) || mute.box} />
      </div>
      <figcaption>{past ? words.rejectedPicture : words.feedPicture}</figcaption>
    </figure>
  );
}

function Reasons({ grounds }: { grounds: readonly MuteGround[] }) {
  const words = useWords();
  const { session } = useSession();
  return (
    <details>
      <summary>{words.mutes.rejected(grounds.length, why(grounds, words.reason))}</summary>
      <ul className="mute-lines">
        {grounds.map((ground) => (
          <li key={ground.incident_id}>
            <a href={href("review", ground.incident_id)}>{localTime(ground.at, session.timezone)}</a>{" "}
            {words.reason[ground.reason]} · {ground.by}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** `Nothing there ×2 · Something else`: the reasons in the order of their first use. */
export function why(grounds: readonly Pick<MuteGround, "reason">[], names: Record<MuteGround["reason"], string>): string {
  const counts = new Map<MuteGround["reason"], number>();
  for (const { reason } of grounds) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => (count > 1 ? `${names[reason]} ×${count}` : names[reason])).join(" · ");
}

function Watched({ mute }: { mute: Mute }) {
  const words = useWords();
  const nowMs = useNow(10_000);
  const { unlike, unlike_at: at } = mute;
  return (
    <p className="dim">
      {words.mutes.heldBack(mute.held_back)}
      {unlike !== null && at !== null && (
        <>
          {" "}
          {words.mutes.look(percent(unlike), percent(mute.ends_over), age(at, Math.max(nowMs, Date.parse(at)), words.time))}
        </>
      )}
    </p>
  );
}

function History({ mute }: { mute: Mute }) {
  const words = useWords().mutes;
  const { session } = useSession();
  return (
    <details>
      <summary>{words.history(mute.history.length)}</summary>
      <ul className="mute-lines">
        {mute.history.map((step) => (
          <li key={`${step.at} ${step.deed}`}>
            {localTime(step.at, session.timezone)} {words.deeds[step.deed]} · {step.by}
            {step.note && <span className="fact-more">{step.note}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
