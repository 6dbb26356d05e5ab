import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, StyleSpecification } from "maplibre-gl";
import { COUNT_STEPS, token } from "./marks";

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** The map's whole look, made here so that it asks no one else for anything: no letters, no icons, tiles only if set. */
export function styleOf(tiles: string | null): StyleSpecification {
  return {
    version: 8,
    sources: {
      ...(tiles && { tiles: { type: "raster", tiles: [tiles], tileSize: 256 } as const }),
      cells: { type: "geojson", data: EMPTY, promoteId: "id" },
      // Drawn finely: a circle must not look like a polygon.
      accuracy: { type: "geojson", data: EMPTY, tolerance: 0.05 },
      marks: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--map-ground") } },
      ...(tiles ? [{ id: "tiles", type: "raster", source: "tiles", paint: { "raster-opacity": 0.7 } } as const] : []),
      { id: "cells", type: "fill", source: "cells", paint: { "fill-color": byCount(), "fill-opacity": 0.75 } },
      { id: "cell-lines", type: "line", source: "cells", paint: { "line-color": token("--map-line"), "line-width": 1 } },
      {
        id: "cell-picked",
        type: "line",
        source: "cells",
        filter: ["==", ["get", "id"], ""],
        paint: { "line-color": token("--focus"), "line-width": 2.5 },
      },
      { id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": token("--find"), "fill-opacity": 0.16 } },
      { id: "accuracy-line", type: "line", source: "accuracy", paint: { "line-color": token("--find"), "line-width": 1.5 } },
      { id: "marks", type: "circle", source: "marks", paint: markPaint() },
    ],
  };
}

function byCount(): DataDrivenPropertyValueSpecification<string> {
  const steps = COUNT_STEPS.flatMap((from, step) => [from, token(`--map-step-${step + 1}`)]);
  return ["step", ["coalesce", ["get", "count"], 0], token("--map-step-0"), ...steps] as unknown as ExpressionSpecification;
}

function markPaint() {
  return {
    "circle-color": ["get", "colour"],
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, ["*", 0.5, ["get", "size"]], 15, ["get", "size"]],
    "circle-stroke-color": ["case", ["get", "picked"], token("--focus"), token("--map-halo")],
    "circle-stroke-width": ["case", ["get", "picked"], 3, 1.5],
  } satisfies Record<string, unknown> as never;
}
