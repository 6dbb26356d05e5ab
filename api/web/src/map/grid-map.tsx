import { lazy, Suspense, useState } from "react";
import type { CellCollection } from "../api/shapes";
import type { Bounds } from "./geometry";
import type { Mark, Pick } from "./marks";
import { SvgMap } from "./svg-map";
import "./map.css";

export interface GridMapProps {
  label: string;
  cells: CellCollection | null;
  /** Incidents by cell id; without it cells are outlines only. */
  counts?: Record<string, number>;
  marks: Mark[];
  /** How well a place is known: a circle of so many metres. */
  accuracy?: { lon: number; lat: number; metres: number } | null;
  /** What to look at; the map moves when it changes. */
  view: Bounds | null;
  tiles: string | null;
  picked?: Pick | null;
  onPick?: (pick: Pick) => void;
}

/** What either way of drawing needs; a map without a view has nothing to show. */
export type DrawnMapProps = GridMapProps & { view: Bounds };

const GlMap = lazy(() => import("./gl-map"));

let drawsGl: boolean | null = null;

/** Whether the browser draws WebGL; asked once, because every asking costs a drawing context. */
function webGl(): boolean {
  drawsGl ??= (() => {
    const context = document.createElement("canvas").getContext("webgl2");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return context !== null;
  })();
  return drawsGl;
}

/** The grid, the feeds and the findings; WebGL where there is some, a plain drawing elsewhere. */
export function GridMap(props: GridMapProps) {
  const [plain, setPlain] = useState(() => !webGl());
  const { view } = props;
  if (!view) return <div className="grid-map" role="img" aria-label={props.label} />;
  const drawn = { ...props, view };
  if (plain) return <SvgMap {...drawn} />;
  return (
    <Suspense fallback={<div className="grid-map" role="img" aria-label={props.label} />}>
      <GlMap {...drawn} onLost={() => setPlain(true)} />
    </Suspense>
  );
}
