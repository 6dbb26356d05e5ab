import type { Box } from "../api/shapes";

/** How a picture lies in its stage: magnified `scale` times, its middle moved by (x, y) px. */
export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 };
const MOST = 8;

/** The size at which the picture just fits into the stage. */
export function fitted(picture: Size, stage: Size): Size {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Keep the picture from being pushed out of the stage. */
export function kept(view: View, picture: Size): View {
  const scale = Math.min(MOST, Math.max(1, view.scale));
  const room = { x: (picture.width * (scale - 1)) / 2, y: (picture.height * (scale - 1)) / 2 };
  return { scale, x: within(view.x, room.x), y: within(view.y, room.y) };
}

function within(value: number, room: number): number {
  return Math.min(room, Math.max(-room, value));
}

/** Magnify by `factor`, holding the point (x, y) px from the stage's middle where it is. */
export function zoomedAt(view: View, factor: number, at: { x: number; y: number }, picture: Size): View {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  return kept({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, picture);
}

/** Bring the box to the middle, so large that it takes up about two fifths of the picture; without a box the middle. */
export function zoomedTo(box: Box | null, picture: Size): View {
  if (!box) return { scale: 2, x: 0, y: 0 };
  const [x1, y1, x2, y2] = box;
  const share = Math.max(x2 - x1, y2 - y1, 0.05);
  const scale = Math.min(MOST, Math.max(1.5, 0.4 / share));
  const x = (0.5 - (x1 + x2) / 2) * picture.width * scale;
  const y = (0.5 - (y1 + y2) / 2) * picture.height * scale;
  return kept({ scale, x, y }, picture);
}
