import type { DrawnMapProps } from "./grid-map";
import { degrees, rings, type Bounds, type Position } from "./geometry";
import { countStep, type Pick } from "./marks";

const WIDTH = 1000;
const RADII = { feed: 5, incident: 11, here: 12 };

/** The map without WebGL: no moving about, but everything is there and can be picked. */
export function SvgMap(props: DrawnMapProps) {
  const frame = frameOf(props.view);
  return (
    <svg
      className="grid-map"
      data-map="svg"
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${WIDTH} ${frame.height}`}
      preserveAspectRatio="xMidYMid meet"
    >
      {props.cells?.features.map((cell) => (
        <path
          key={cell.properties.id}
          className={`map-cell map-step-${props.counts ? countStep(props.counts[cell.properties.id] ?? 0) : "none"}`}
          data-picked={isPicked(props.picked, "cell", cell.properties.id)}
          d={rings(cell).map((line) => path(line, frame)).join("")}
          onClick={() => props.onPick?.({ kind: "cell", id: cell.properties.id })}
        >
          <title>{cell.properties.id}</title>
        </path>
      ))}
      <Accuracy accuracy={props.accuracy} frame={frame} />
      {props.marks.map((mark) => (
        <circle
          key={`${mark.kind} ${mark.id}`}
          className={`map-mark map-${mark.tone} map-kind-${mark.kind}`}
          data-picked={isPicked(props.picked, mark.kind, mark.id)}
          cx={frame.x(mark.lon)}
          cy={frame.y(mark.lat)}
          r={RADII[mark.kind]}
          onClick={() => props.onPick?.({ kind: mark.kind, id: mark.id })}
        />
      ))}
    </svg>
  );
}

function Accuracy({ accuracy, frame }: { accuracy: DrawnMapProps["accuracy"]; frame: Frame }) {
  if (!accuracy) return null;
  const size = degrees(accuracy.metres, accuracy.lat);
  return (
    <ellipse
      className="map-accuracy"
      cx={frame.x(accuracy.lon)}
      cy={frame.y(accuracy.lat)}
      rx={size.lon * frame.perLon}
      ry={size.lat * frame.perLat}
    />
  );
}

interface Frame {
  height: number;
  perLon: number;
  perLat: number;
  x: (lon: number) => number;
  y: (lat: number) => number;
}

/** Degrees to drawing units, north up, a degree of longitude shortened as it is at this latitude. */
function frameOf([west, south, east, north]: Bounds): Frame {
  const margin = (east - west || 0.002) * 0.03;
  const perLon = WIDTH / (east - west + 2 * margin || 1);
  const perLat = perLon / Math.cos((((south + north) / 2) * Math.PI) / 180);
  return {
    height: Math.max(1, (north - south + 2 * margin) * perLat),
    perLon,
    perLat,
    x: (lon) => (lon - west + margin) * perLon,
    y: (lat) => (north - lat + margin) * perLat,
  };
}

function path(line: Position[], frame: Frame): string {
  return `M${line.map(([lon, lat]) => `${frame.x(lon).toFixed(1)} ${frame.y(lat).toFixed(1)}`).join("L")}Z`;
}

function isPicked(picked: Pick | null | undefined, kind: Pick["kind"], id: string): boolean | undefined {
  return (picked?.kind === kind && picked.id === id) || undefined;
}
