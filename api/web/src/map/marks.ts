export type MarkKind = "feed" | "incident" | "here";
export type Tone = "good" | "bad" | "idle" | "find" | "done";

/** Something drawn as a dot. */
export interface Mark {
  kind: MarkKind;
  id: string;
  lon: number;
  lat: number;
  tone: Tone;
}

export interface Pick {
  kind: "cell" | MarkKind;
  id: string;
}

/** Upper bounds of the steps in which cells get darker; the last step has no upper bound. */
export const COUNT_STEPS = [1, 3, 6, 12] as const;

const TONE_COLOURS: Record<Tone, string> = {
  good: "--good",
  bad: "--bad",
  idle: "--idle",
  find: "--find",
  done: "--done",
};

/** The value of a design token, such as `--find`; the map's style cannot read CSS by itself. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function toneColour(tone: Tone): string {
  return token(TONE_COLOURS[tone]);
}

/** Which of the five steps a cell with so many incidents belongs to, 0 for none. */
export function countStep(count: number): number {
  const step = COUNT_STEPS.findIndex((from) => count < from);
  return step === -1 ? COUNT_STEPS.length : step;
}
