import { useLayoutEffect, useRef } from "react";

export type Command =
  | "accept"
  | "reject"
  | "reclass"
  | "merge"
  | "skip"
  | "undo"
  | "boxes"
  | "zoom"
  | "help"
  | "lookBack"
  | "lookOn"
  | "cancel"
  | { choose: number };

const COMMANDS: Record<string, Command> = {
  a: "accept",
  enter: "accept",
  r: "reject",
  c: "reclass",
  m: "merge",
  s: "skip",
  arrowright: "skip",
  u: "undo",
  b: "boxes",
  z: "zoom",
  "?": "help",
  "[": "lookBack",
  "]": "lookOn",
  escape: "cancel",
};

/** Commands that a held key may repeat; a verdict must be one deliberate press. */
const REPEATABLE: ReadonlySet<Command> = new Set<Command>(["lookBack", "lookOn"]);

interface Pressed {
  key: string;
  code: string;
  repeat: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** What a key press asks for, or null. An input method may hide the letter: then the key's place on the board counts. */
export function commandOf(event: Pressed): Command | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const hidden = event.key === "Process" || event.key === "Unidentified";
  const key = hidden ? event.code.replace(/^(Key|Digit|Numpad)/, "").toLowerCase() : event.key.toLowerCase();
  const command = /^[1-9]$/.test(key) ? { choose: Number(key) } : (COMMANDS[key] ?? null);
  return event.repeat && command !== null && !REPEATABLE.has(command) ? null : command;
}

const TYPED_INTO = "input:not([type=checkbox]), textarea, select, [contenteditable]";
const ENTERED = "button, a, summary";

/** Whether the press belongs to what has the focus: text to a field, Enter to a button or link. */
function taken(event: KeyboardEvent): boolean {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest(TYPED_INTO)) return event.key !== "Escape";
  if (event.target.closest(".maplibregl-canvas")) return event.key.startsWith("Arrow");
  return event.key === "Enter" && event.target.closest(ENTERED) !== null;
}

/** Hand every command to `obey`, unless something that has the focus wants the key. */
export function useKeys(obey: (command: Command) => void): void {
  const latest = useRef(obey);
  // Layout effects: they are done before the next key press, so that a quick hand's second key is neither lost nor
  // given to the picture before.
  useLayoutEffect(() => {
    latest.current = obey;
  });
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => {
      // While the sign-in or another dialog lies over the page, no key reaches the picture under it.
      if (taken(event) || document.querySelector("[inert], [aria-modal=true]")) return;
      const command = commandOf(event);
      if (command === null) return;
      event.preventDefault();
      latest.current(command);
    };
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}
