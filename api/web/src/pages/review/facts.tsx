import { useMemo, type ReactNode } from "react";
import type { Incident } from "../../api/shapes";
import { useCatalogue } from "../../catalogue";
import { age, localTime, lonLat, metres } from "../../format";
import { around } from "../../map/geometry";
import { GridMap } from "../../map/grid-map";
import type { Mark } from "../../map/marks";
import { href } from "../../router";
import { useSession } from "../../session";
import { useNow } from "../../use-now";
import { useWords } from "../../words/language";
import { mainLook } from "./desk";

/** What is known besides the picture. Not keyed by the incident: the map is kept and only moved. */
export function Facts({ incident }: { incident: Incident }) {
  const words = useWords();
  const { session } = useSession();
  const nowMs = useNow(10_000);
  const time = (at: string) => (
    <>
      {localTime(at, session.timezone)} <span className="aside">{age(at, nowMs, words.time)}</span>
    </>
  );
  const { sightings } = incident;
  return (
    <aside className="facts">
      <PlaceMap incident={incident} />
      <dl>
        <Fact name={words.review.feed}>
          <a href={href("feeds", null, { q: incident.feed_id })}>{incident.feed_name || incident.feed_id}</a>
        </Fact>
        <Fact name={words.review.cell}>
          <CellLine incident={incident} />
        </Fact>
        <Fact name={words.review.taken}>{time(mainLook(incident)?.captured_at ?? incident.last_seen)}</Fact>
        <Fact name={words.review.firstSeen}>{time(incident.first_seen)}</Fact>
        <Fact name={words.review.sightings}>
          {sightings === 1 ? words.review.once : words.review.times(sightings)}
          {!incident.present && <span className="gone"> {words.review.gone}</span>}
        </Fact>
        <Fact name={words.review.place}>
          <PlaceLine incident={incident} />
        </Fact>
        <Fact name={words.review.model}>
          <span className="dim">{incident.model_id}</span>
        </Fact>
      </dl>
    </aside>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function CellLine({ incident }: { incident: Pick<Incident, "cell"> }) {
  const words = useWords().review;
  const { cells } = useCatalogue();
  const { cell } = incident;
  if (!cell) return <span className="dim">{words.noCell}</span>;
  const known = cells?.features.find((feature) => feature.properties.id === cell.id)?.properties;
  const where = [known?.street, known?.community].filter(Boolean).join(" · ");
  const relation = cell.relation === "nearest" ? words.cellRelation.nearest(metres(cell.distance_m)) : words.cellRelation[cell.relation];
  return (
    <>
      <span className="mono">{cell.id}</span>
      {relation && <span className="dim"> ({relation})</span>}
      {where && <span className="fact-more">{where}</span>}
    </>
  );
}

export function PlaceLine({ incident }: { incident: Pick<Incident, "place"> }) {
  const words = useWords().review;
  const { place } = incident;
  if (!place) return <span className="dim">{words.noPlace}</span>;
  return (
    <>
      <span className="mono">{lonLat(place.lon, place.lat)}</span>
      <span className="fact-more">
        {words.placed(metres(place.accuracy_m), words.method[place.method])}
      </span>
    </>
  );
}

const NEAR_M = 80;

export function PlaceMap({ incident }: { incident: Pick<Incident, "place"> }) {
  const words = useWords().review;
  const { session } = useSession();
  const { cells } = useCatalogue();
  const { place } = incident;
  const [lon, lat, accuracy] = [place?.lon ?? null, place?.lat ?? null, place?.accuracy_m ?? 0];
  const shown = useMemo(() => {
    if (lon === null || lat === null) return null;
    const marks: Mark[] = [{ kind: "here", id: "here", lon, lat, tone: "find" }];
    return { marks, view: around(lon, lat, Math.max(NEAR_M, accuracy * 2)), accuracy: { lon, lat, metres: accuracy } };
  }, [lon, lat, accuracy]);
  return (
    <div className="place-map">
      <GridMap
        label={words.place}
        cells={cells}
        marks={shown?.marks ?? NO_MARKS}
        accuracy={shown?.accuracy ?? null}
        view={shown?.view ?? null}
        tiles={session.map_tiles}
      />
      {!shown && <p className="stage-note">{words.noPlace}</p>}
    </div>
  );
}

const NO_MARKS: Mark[] = [];
