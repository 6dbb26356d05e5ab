import { useState } from "react";
import type { Feed, Incident } from "../../api/shapes";
import { api } from "../../api/endpoints";
import { useCatalogue, useMatterName } from "../../catalogue";
import { localTime, percent } from "../../format";
import type { Pick } from "../../map/marks";
import { Drawn, OutcomeChip } from "../../parts/chips";
import { href } from "../../router";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { useWords } from "../../words/language";
import { FeedTrouble } from "../feeds/trouble";
import { mainLook } from "../review/desk";
import { Fact } from "../review/facts";

const MOST_LINES = 12;

interface Props {
  pick: Pick | null;
  feeds: readonly Feed[];
  incidents: readonly Incident[];
  counts: Record<string, number>;
}

/** What was clicked on the map, and where to go from there. */
export function Picked({ pick, feeds, incidents, counts }: Props) {
  const words = useWords().map;
  if (pick?.kind === "cell") return <PickedCell key={pick.id} id={pick.id} count={counts[pick.id] ?? 0} />;
  if (pick?.kind === "feed") {
    const feed = feeds.find((known) => known.id === pick.id);
    if (feed) return <PickedFeed key={feed.id} feed={feed} found={incidents.filter((one) => one.feed_id === feed.id)} />;
  }
  if (pick?.kind === "incident") {
    const incident = incidents.find((known) => known.id === pick.id);
    if (incident) return <PickedIncident key={incident.id} incident={incident} others={beneath(incident, incidents)} />;
  }
  return <p className="none">{words.pick}</p>;
}

function PickedCell({ id, count }: { id: string; count: number }) {
  const words = useWords().map;
  const { cells } = useCatalogue();
  const cell = cells?.features.find((feature) => feature.properties.id === id)?.properties;
  const waiting = useLoaded(`cell ${id}`, () => api.incidents({ cell: id, review: "pending", limit: 10 }));
  return (
    <div className="picked">
      <h2 className="mono">{id}</h2>
      <dl>
        {cell?.street && <Fact name={words.street}>{cell.street}</Fact>}
        {cell?.community && <Fact name={words.community}>{cell.community}</Fact>}
        <Fact name={words.cellIncidents}>{count}</Fact>
      </dl>
      {waiting.value && waiting.value.items.length > 0 && <h3>{words.inCell}</h3>}
      {waiting.value?.items.map((incident) => <IncidentLine key={incident.id} incident={incident} />)}
    </div>
  );
}

function IncidentLine({ incident }: { incident: Incident }) {
  const { session } = useSession();
  const name = useMatterName()(incident.matter);
  return (
    <a className="row" href={incident.case_id ? href("cases", incident.case_id) : href("review", incident.id)}>
      <span className="row-line">
        <strong>{name}</strong>
        <span className="dim">{localTime(incident.last_seen, session.timezone)}</span>
      </span>
    </a>
  );
}

/** With what it found: where there is no place but the camera's, its findings lie over one another. */
function PickedFeed({ feed, found }: { feed: Feed; found: readonly Incident[] }) {
  const words = useWords().map;
  return (
    <div className="picked">
      <h2>
        {feed.name || feed.id} <OutcomeChip outcome={feed.outcome} />
      </h2>
      {feed.picture_url && <PickedPicture key={feed.picture_url} url={feed.picture_url} alt={feed.name} />}
      <FeedTrouble feed={feed} />
      <a className="button" href={href("feeds", null, { q: feed.id })}>
        {words.openFeed}
      </a>
      {found.length > 0 && <h3>{words.incidents}</h3>}
      {found.slice(0, MOST_LINES).map((incident) => (
        <IncidentLine key={incident.id} incident={incident} />
      ))}
    </div>
  );
}

/** Says so where the picture cannot be had, instead of showing a broken one. */
function PickedPicture({ url, alt }: { url: string; alt: string }) {
  const words = useWords().review;
  const [lost, setLost] = useState(false);
  if (lost) return <p className="none">{words.pictureLost}</p>;
  return <img className="picked-picture" src={url} alt={alt} onError={() => setLost(true)} />;
}

/** Others at the very same place, such as the camera's: only the topmost can be clicked. */
function beneath({ id, place }: Incident, all: readonly Incident[]): Incident[] {
  return all.filter((other) => other.id !== id && other.place?.lon === place?.lon && other.place?.lat === place?.lat);
}

function PickedIncident({ incident, others }: { incident: Incident; others: readonly Incident[] }) {
  const words = useWords();
  const { session } = useSession();
  const name = useMatterName()(incident.matter);
  const look = mainLook(incident);
  return (
    <div className="picked">
      <h2>
        {name} <small>{percent(incident.score)}</small> {incident.synthetic && <Drawn />}
      </h2>
      {look && <PickedPicture key={look.annotated_url} url={look.annotated_url} alt={name} />}
      <dl>
        <Fact name={words.review.feed}>
          <a href={href("feeds", null, { q: incident.feed_id })}>{incident.feed_name || incident.feed_id}</a>
        </Fact>
        <Fact name={words.review.taken}>{localTime(incident.last_seen, session.timezone)}</Fact>
        <Fact name={words.cases.state}>{words.reviewState[incident.review]}</Fact>
      </dl>
      {incident.case_id && (
        <a className="button" href={href("cases", incident.case_id)}>
          {words.map.openCase}
        </a>
      )}
      {incident.review === "pending" && (
        <a className="button" href={href("review", incident.id)}>
          {words.map.openReview}
        </a>
      )}
      {others.length > 0 && <h3>{words.map.samePlace}</h3>}
      {others.slice(0, MOST_LINES).map((other) => (
        <IncidentLine key={other.id} incident={other} />
      ))}
    </div>
  );
}
