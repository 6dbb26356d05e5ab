import { useEffect, useMemo, useState } from "react";
import { api, everyPage } from "../../api/endpoints";
import { useTold } from "../../api/events";
import type { Feed, Incident } from "../../api/shapes";
import { useCatalogue } from "../../catalogue";
import { boundsOf, type Bounds } from "../../map/geometry";
import { GridMap } from "../../map/grid-map";
import type { Mark, Pick } from "../../map/marks";
import { LoadFailed } from "../../parts/loading";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { useWords } from "../../words/language";
import { Legend, type Layers } from "./legend";
import { Picked } from "./picked";
import "./map.css";

const MOST_FEEDS = 20_000;
const MOST_INCIDENTS = 2_000;
const PAGE = 200;
const SETTLE_MS = 2_000;

/** The city at a glance: where things are found, and where nothing can be seen. */
export function MapPage() {
  const words = useWords().map;
  const { session } = useSession();
  const { cells, cellsAsked } = useCatalogue();
  const { feeds, incidents, statistics, error, reload } = useCity();
  const [layers, setLayers] = useState<Layers>({ cells: true, feeds: true, incidents: true });
  const [picked, setPicked] = useState<Pick | null>(null);
  const marks = useMemo(() => marksOf(feeds, incidents, layers), [feeds, incidents, layers]);
  const view = useFirstView(cells ? boundsOf(cells, []) : null, cellsAsked ? boundsOf(null, marks) : null);
  return (
    <div className="map-page">
      <h1 className="unseen">{words.title}</h1>
      <GridMap
        label={words.title}
        cells={cells}
        counts={layers.cells ? statistics?.by_cell : undefined}
        marks={marks}
        view={view}
        tiles={session.map_tiles}
        picked={picked}
        onPick={setPicked}
      />
      <aside className="map-side">
        <Legend layers={layers} onChange={setLayers} since={statistics?.since ?? null} />
        {error ? <LoadFailed error={error} retry={reload} /> : null}
        {cells?.features.length === 0 && <p className="none">{words.noGrid}</p>}
        <Picked pick={picked} feeds={feeds} incidents={incidents} counts={statistics?.by_cell ?? {}} />
      </aside>
    </div>
  );
}

const NO_FEEDS: Feed[] = [];
const NO_INCIDENTS: Incident[] = [];

function useCity() {
  const feeds = useLoaded("map feeds", () => everyPage((cursor) => api.feeds({ cursor, limit: PAGE }), MOST_FEEDS));
  const incidents = useLoaded("map incidents", () =>
    everyPage((cursor) => api.incidents({ present: true, cursor, limit: PAGE }), MOST_INCIDENTS),
  );
  const statistics = useLoaded("map statistics", () => api.statistics());
  useSettled("incident", () => {
    incidents.reload();
    statistics.reload();
  });
  const reload = () => {
    feeds.reload();
    incidents.reload();
    statistics.reload();
  };
  return {
    feeds: feeds.value ?? NO_FEEDS,
    incidents: incidents.value ?? NO_INCIDENTS,
    statistics: statistics.value,
    error: feeds.error ?? incidents.error ?? statistics.error,
    reload,
  };
}

/** A burst of events is one reading. */
function useSettled(name: "incident", reload: () => void): void {
  const [told, setTold] = useState(0);
  useTold(name, () => setTold((count) => count + 1));
  const latest = useMemo(() => ({ reload }), [reload]);
  useEffect(() => {
    if (told === 0) return undefined;
    const timer = window.setTimeout(() => latest.reload(), SETTLE_MS);
    return () => window.clearTimeout(timer);
    // Only events restart the wait, not a new function of the same meaning.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [told]);
}

/** The whole grid, else everything placed; it stays as it was first, so that news does not move the map. */
function useFirstView(grid: Bounds | null, placed: Bounds | null): Bounds | null {
  const [view, setView] = useState<Bounds | null>(null);
  const found = grid ?? placed;
  if (view === null && found !== null) {
    setView(found);
    return found;
  }
  return view;
}

function marksOf(feeds: readonly Feed[], incidents: readonly Incident[], layers: Layers): Mark[] {
  return [
    ...(layers.feeds ? feeds.flatMap(feedMark) : []),
    // Findings are what is looked for: no camera's dot may cover one.
    ...(layers.incidents ? incidents.flatMap(incidentMark) : []),
  ];
}

function feedMark({ id, place, outcome }: Feed): Mark[] {
  if (!place) return [];
  const tone = outcome === null ? "idle" : outcome === "ok" ? "good" : "bad";
  return [{ kind: "feed", id, lon: place.lon, lat: place.lat, tone }];
}

function incidentMark({ id, place, review }: Incident): Mark[] {
  if (!place || review === "rejected" || review === "merged") return [];
  return [{ kind: "incident", id, lon: place.lon, lat: place.lat, tone: review === "confirmed" ? "done" : "find" }];
}
