import { useWords } from "../../words/language";

const ROWS = [
  ["a / Enter", "accept"],
  ["r", "reject"],
  ["c", "reclass"],
  ["m", "merge"],
  ["s / →", "skip"],
  ["u", "undo"],
  ["b", "boxes"],
  ["z", "zoom"],
  ["[ ]", "looks"],
  ["?", "help"],
] as const;

export function Help({ onClose }: { onClose: () => void }) {
  const words = useWords();
  return (
    <div
      className="overlay help"
      role="dialog"
      aria-modal="true"
      aria-labelledby="help-title"
      onClick={onClose}
      onKeyDown={(event) => (event.key === "Escape" || event.key === "?") && onClose()}
    >
      <div className="card">
        <h2 id="help-title">{words.help.title}</h2>
        <dl>
          {ROWS.map(([keys, name]) => (
            <div key={name}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{words.help[name]}</dd>
            </div>
          ))}
        </dl>
        <button type="button" autoFocus onClick={onClose}>
          {words.action.close}
        </button>
      </div>
    </div>
  );
}
