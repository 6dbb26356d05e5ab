import type { CellCollection, CellFeature } from "../api/shapes";

/** `[west, south, east, north]` in WGS-84 degrees. */
export type Bounds = [number, number, number, number];

export type Position = [lon: number, lat: number];

const METRES_PER_DEGREE = 111_320;

/** Degrees of longitude and latitude that `radius` metres are at this latitude (a sphere is close enough to draw). */
export function degrees(radius: number, lat: number): { lon: number; lat: number } {
  return { lon: radius / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180)), lat: radius / METRES_PER_DEGREE };
}

/** A closed ring of `steps` points around a place, `radius` metres away from it. */
export function ring(lon: number, lat: number, radius: number, steps = 48): Position[] {
  const size = degrees(radius, lat);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((step % steps) / steps) * 2 * Math.PI;
    return [lon + size.lon * Math.cos(angle), lat + size.lat * Math.sin(angle)];
  });
}

/** Every ring of a cell, outer rings and holes alike. */
export function rings(cell: CellFeature): Position[][] {
  const { geometry } = cell;
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flat() as Position[][];
}

/** The smallest bounds around the cells and the places, or null when there are none. */
export function boundsOf(cells: CellCollection | null, places: readonly { lon: number; lat: number }[]): Bounds | null {
  let bounds: Bounds | null = null;
  const stretch = (lon: number, lat: number) => {
    bounds = bounds
      ? [Math.min(bounds[0], lon), Math.min(bounds[1], lat), Math.max(bounds[2], lon), Math.max(bounds[3], lat)]
      : [lon, lat, lon, lat];
  };
  for (const cell of cells?.features ?? []) for (const line of rings(cell)) for (const [lon, lat] of line) stretch(lon, lat);
  for (const place of places) stretch(place.lon, place.lat);
  return bounds;
}

/** Bounds of `radius` metres around a place. */
export function around(lon: number, lat: number, radius: number): Bounds {
  const size = degrees(radius, lat);
  return [lon - size.lon, lat - size.lat, lon + size.lon, lat + size.lat];
}
