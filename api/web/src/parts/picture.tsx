import { useEffect, useRef, useState, type PointerEvent, type ReactNode, type RefObject } from "react";
import type { Box } from "../api/shapes";
import { fitted, kept, WHOLE, zoomedAt, zoomedTo, type Size, type View } from "./view";
import "./picture.css";

export interface PictureProps {
  url: string;
  alt: string;
  box: Box | null;
  boxes: boolean;
  /** Whether to look closely at the box; changing it resets what the wheel did. */
  close: boolean;
  /** Called once the picture is on screen, or has turned out to be lost. */
  onSeen?: () => void;
  waiting: string;
  lost: string;
  children?: ReactNode;
}

/** One big picture that can be magnified, with its box drawn over it. Use the url as `key`. */
export function Picture(props: PictureProps) {
  const stage = useRef<HTMLDivElement>(null);
  const room = useSize(stage);
  const [natural, setNatural] = useState<Size | "lost" | null>(null);
  const size = natural && natural !== "lost" && room ? fitted(natural, room) : null;
  const { view, handlers } = useView(stage, size, props);
  const seen = (found: Size | "lost") => {
    setNatural(found);
    props.onSeen?.();
  };
  return (
    <div ref={stage} className="stage" data-close={view.scale > 1 || undefined} {...handlers}>
      <div className="stage-picture" style={placed(size, view)}>
        <img
          src={props.url}
          alt={props.alt}
          draggable={false}
          onLoad={({ currentTarget: image }) => seen({ width: image.naturalWidth, height: image.naturalHeight })}
          onError={() => seen("lost")}
        />
        {props.boxes && props.box && size && <BoxOutline box={props.box} />}
      </div>
      {natural === null && <p className="stage-note">{props.waiting}</p>}
      {natural === "lost" && <p className="stage-note">{props.lost}</p>}
      {props.children}
    </div>
  );
}

function placed(size: Size | null, view: View): React.CSSProperties {
  if (!size) return { visibility: "hidden" };
  return {
    width: size.width * view.scale,
    height: size.height * view.scale,
    transform: `translate(-50%, -50%) translate(${view.x}px, ${view.y}px)`,
  };
}

/** A light line on a dark one: visible on snow and at night. */
export function BoxOutline({ box: [x1, y1, x2, y2] }: { box: Box }) {
  const shape = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
  return (
    <svg className="boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true" data-testid="box">
      <rect className="box-halo" {...shape} />
      <rect className="box-line" {...shape} />
    </svg>
  );
}

function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    if (!element.current) return undefined;
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    watch.observe(element.current);
    return () => watch.disconnect();
  }, [element]);
  return size;
}

function useView(stage: RefObject<HTMLDivElement | null>, size: Size | null, { close, box }: PictureProps) {
  const [moved, setMoved] = useState<{ close: boolean; view: View } | null>(null);
  const view = size ? current(moved?.close === close ? moved.view : null, size) : WHOLE;
  const drag = useRef<{ x: number; y: number } | null>(null);

  function current(byHand: View | null, picture: Size): View {
    if (byHand) return kept(byHand, picture);
    return close ? zoomedTo(box, picture) : WHOLE;
  }

  const move = (next: View) => setMoved({ close, view: next });

  // React's own wheel listener is passive and could not keep the page from scrolling.
  useWheel(stage, (event) => {
    if (!size || !stage.current) return;
    const frame = stage.current.getBoundingClientRect();
    const at = { x: event.clientX - frame.left - frame.width / 2, y: event.clientY - frame.top - frame.height / 2 };
    move(zoomedAt(view, Math.exp(-event.deltaY / 400), at, size));
  });
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0 || view.scale === 1 || isControl(event.target)) return;
      drag.current = { x: event.clientX - view.x, y: event.clientY - view.y };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<HTMLDivElement>) => {
      if (!drag.current || !size) return;
      move(kept({ ...view, x: event.clientX - drag.current.x, y: event.clientY - drag.current.y }, size));
    },
    onPointerUp: () => {
      drag.current = null;
    },
  };
  return { view, handlers };
}

function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("button, a") !== null;
}

function useWheel(element: RefObject<HTMLElement | null>, turn: (event: WheelEvent) => void): void {
  const latest = useRef(turn);
  useEffect(() => {
    latest.current = turn;
  });
  useEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    const listener = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event);
    };
    target.addEventListener("wheel", listener, { passive: false });
    return () => target.removeEventListener("wheel", listener);
  }, [element]);
}
