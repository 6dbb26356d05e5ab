import { useWords } from "../../words/language";
import type { Command } from "./keys";

export type PanelName = "reject" | "reclass" | "merge";

type Named = "accept" | PanelName | "skip" | "undo" | "boxes" | "zoom";

const VERDICTS: readonly [Named, string][] = [
  ["accept", "A"],
  ["reject", "R"],
  ["reclass", "C"],
  ["merge", "M"],
];
const OTHERS: readonly [Named, string][] = [
  ["skip", "S"],
  ["undo", "U"],
  ["boxes", "B"],
  ["zoom", "Z"],
];

interface Props {
  boxes: boolean;
  close: boolean;
  mayDecide: boolean;
  onCommand: (command: Command) => void;
}

/** The same commands as the keys, for the mouse, and as a reminder of the keys. */
export function Actions({ boxes, close, mayDecide, onCommand }: Props) {
  const words = useWords();
  const pressed: Partial<Record<Named, boolean>> = { boxes, zoom: close };
  const button = ([name, key]: readonly [Named, string], disabled: boolean) => (
    <button
      key={name}
      type="button"
      className={`action action-${name}`}
      disabled={disabled}
      aria-pressed={pressed[name]}
      title={words.help[name]}
      // The mouse must not leave the focus here: Enter is for the picture.
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onCommand(name)}
    >
      <kbd>{key}</kbd> {words.action[name]}
    </button>
  );
  return (
    <div className="actions">
      {VERDICTS.map((action) => button(action, !mayDecide))}
      <span className="actions-gap" />
      {OTHERS.map((action) => button(action, false))}
    </div>
  );
}
