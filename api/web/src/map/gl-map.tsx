import {
  Map as GlMapView,
  NavigationControl,
  setWorkerUrl,
  type GeoJSONSource,
  type MapMouseEvent,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "maplibre-gl/dist/maplibre-gl.css";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useWords } from "../words/language";
import { ring } from "./geometry";
import type { DrawnMapProps } from "./grid-map";
import { toneColour, type Mark, type MarkKind, type Pick } from "./marks";
import { styleOf } from "./style";

// The worker is a file of our own origin, so that the page's security policy need not allow generated scripts.
setWorkerUrl(new URL(workerUrl, document.baseURI).href);

const FIT = { padding: 24, maxZoom: 18, duration: 0 };
const SIZES: Record<MarkKind, number> = { feed: 4, incident: 8, here: 4 };

export default function GlMap(props: DrawnMapProps & { onLost: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  const map = useGlMap(place, props);
  const drawn = useDrawn(map, props);
  useCells(map, props);
  useMarks(map, props);
  useAccuracy(map, props);
  useEffect(() => {
    map?.fitBounds(props.view, FIT);
  }, [map, props.view]);
  return (
    <div
      ref={place}
      className="grid-map"
      data-map="gl"
      data-ready={drawn ? "yes" : "no"}
      role="application"
      aria-label={props.label}
    />
  );
}

function useGlMap(place: React.RefObject<HTMLDivElement | null>, props: DrawnMapProps & { onLost: () => void }) {
  const [map, setMap] = useState<GlMapView | null>(null);
  const words = useWords().map;
  const lost = useEffectEvent(() => props.onLost());
  const pick = useEffectEvent((event: MapMouseEvent) => {
    const found = pickAt(event);
    if (found) props.onPick?.(found);
  });
  const start = useEffectEvent((container: HTMLDivElement) => {
    const made = new GlMapView({
      container,
      style: styleOf(props.tiles),
      bounds: props.view,
      fitBoundsOptions: FIT,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      locale: { "NavigationControl.ZoomIn": words.zoomIn, "NavigationControl.ZoomOut": words.zoomOut },
    });
    made.touchZoomRotate.disableRotation();
    made.addControl(new NavigationControl({ showCompass: false }), "top-right");
    return made;
  });
  useEffect(() => {
    const container = place.current;
    if (!container) return undefined;
    const made = start(container);
    made.on("load", () => setMap(made));
    made.on("click", pick);
    made.on("webglcontextlost", lost);
    // Missing tiles are the only thing that can fail here; without a listener each would be an error in the console.
    made.on("error", (event) => console.info(event.error.message));
    return () => {
      setMap(null);
      made.remove();
    };
  }, [place]);
  return map;
}

/** Whether the cells are on screen: only then a click finds them. */
function useDrawn(map: GlMapView | null, { cells }: DrawnMapProps): boolean {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => {
    if (!map || !cells) return undefined;
    const onIdle = () => setDrawn(true);
    map.on("idle", onIdle);
    return () => void map.off("idle", onIdle);
  }, [map, cells]);
  return drawn;
}

/** What lies under the pointer; dots before cells. */
function pickAt(event: MapMouseEvent): Pick | null {
  const { x, y } = event.point;
  const near = event.target.queryRenderedFeatures(
    [
      [x - 6, y - 6],
      [x + 6, y + 6],
    ],
    { layers: ["marks"] },
  )[0];
  if (near) return { kind: near.properties.kind as MarkKind, id: String(near.properties.id) };
  const cell = event.target.queryRenderedFeatures(event.point, { layers: ["cells"] })[0];
  return cell ? { kind: "cell", id: String(cell.properties.id) } : null;
}

function source(map: GlMapView, id: string): GeoJSONSource | undefined {
  return map.getSource<GeoJSONSource>(id);
}

function useCells(map: GlMapView | null, { cells, counts, picked }: DrawnMapProps): void {
  useEffect(() => {
    if (!map || !cells) return;
    const features = cells.features.map((cell) => ({
      ...cell,
      properties: { ...cell.properties, count: counts?.[cell.properties.id] ?? 0 },
    }));
    void source(map, "cells")?.setData({ type: "FeatureCollection", features });
  }, [map, cells, counts]);
  const pickedCell = picked?.kind === "cell" ? picked.id : "";
  useEffect(() => {
    map?.setFilter("cell-picked", ["==", ["get", "id"], pickedCell]);
  }, [map, pickedCell]);
}

function useMarks(map: GlMapView | null, { marks, picked }: DrawnMapProps): void {
  useEffect(() => {
    if (!map) return;
    const features = marks.map((mark) => feature(mark, picked));
    void source(map, "marks")?.setData({ type: "FeatureCollection", features });
  }, [map, marks, picked]);
}

function feature(mark: Mark, picked: Pick | null | undefined): GeoJSON.Feature {
  return {
    type: "Feature",
    geometry: { type: "Point", coordinates: [mark.lon, mark.lat] },
    properties: {
      kind: mark.kind,
      id: mark.id,
      colour: toneColour(mark.tone),
      size: SIZES[mark.kind],
      picked: picked?.kind === mark.kind && picked.id === mark.id,
    },
  };
}

function useAccuracy(map: GlMapView | null, { accuracy }: DrawnMapProps): void {
  useEffect(() => {
    if (!map) return;
    const geometry = accuracy && {
      type: "Polygon" as const,
      coordinates: [ring(accuracy.lon, accuracy.lat, accuracy.metres)],
    };
    const features = geometry ? [{ type: "Feature" as const, geometry, properties: {} }] : [];
    void source(map, "accuracy")?.setData({ type: "FeatureCollection", features });
  }, [map, accuracy]);
}
