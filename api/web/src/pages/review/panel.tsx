import { useState, type FormEvent } from "react";
import { REJECT_REASONS, type Incident, type VerdictRequest } from "../../api/shapes";
import { useCatalogue } from "../../catalogue";
import { nameIn, useLanguage } from "../../words/language";
import type { PanelName } from "./actions";
import { useKeys } from "./keys";
import { MergePanel } from "./merge-panel";

export interface PanelProps {
  incident: Incident;
  earlier: readonly Incident[];
  onJudge: (verdict: VerdictRequest) => void;
  onClose: () => void;
}

/** The second half of a verdict: why, what, or into which. */
export function Panel({ name, ...props }: PanelProps & { name: PanelName }) {
  if (name === "reject") return <RejectPanel {...props} />;
  if (name === "reclass") return <ReclassPanel {...props} />;
  return <MergePanel {...props} />;
}

interface Choice {
  key: string;
  label: string;
}

interface ChoicesProps {
  ask: string;
  choices: readonly Choice[];
  onChoose: (key: string) => void;
  onClose: () => void;
}

export function EscButton({ onClick }: { onClick: () => void }) {
  const { words } = useLanguage();
  return (
    <button type="button" className="quiet" title={words.action.cancel} onClick={onClick}>
      <kbd>Esc</kbd>
    </button>
  );
}

/** A numbered list that answers to its numbers and to the mouse. */
function Choices({ ask, choices, onChoose, onClose }: ChoicesProps) {
  useKeys((command) => {
    const chosen = typeof command === "object" ? choices[command.choose - 1] : undefined;
    if (chosen) onChoose(chosen.key);
  });
  return (
    <div className="panel" role="group" aria-label={ask}>
      <strong>{ask}</strong>
      {choices.map((choice, place) => (
        <button
          key={choice.key}
          type="button"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(choice.key)}
        >
          <kbd>{place + 1}</kbd> {choice.label}
        </button>
      ))}
      <EscButton onClick={onClose} />
    </div>
  );
}

function RejectPanel({ onJudge, onClose }: PanelProps) {
  const { words } = useLanguage();
  const [other, setOther] = useState(false);
  if (other) return <OtherReason onSend={(note) => onJudge({ kind: "reject", reason: "other", note })} />;
  const choose = (key: string) => {
    const reason = REJECT_REASONS.find((known) => known === key);
    if (reason === "other") setOther(true);
    else if (reason) onJudge({ kind: "reject", reason });
  };
  const choices = REJECT_REASONS.map((reason) => ({ key: reason, label: words.reason[reason] }));
  return <Choices ask={words.review.rejectAsk} choices={choices} onChoose={choose} onClose={onClose} />;
}

function OtherReason({ onSend }: { onSend: (note: string) => void }) {
  const { words } = useLanguage();
  const [note, setNote] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSend(note.trim());
  };
  return (
    <form className="panel" onSubmit={submit}>
      <input
        className="panel-note"
        autoFocus
        maxLength={1000}
        placeholder={words.review.otherNote}
        aria-label={words.review.otherNote}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      <button type="submit">{words.review.send}</button>
    </form>
  );
}

function ReclassPanel({ incident, onJudge, onClose }: PanelProps) {
  const { words, language } = useLanguage();
  const { matters } = useCatalogue();
  const choices = matters
    .filter((matter) => matter.key !== incident.matter)
    .map((matter) => ({ key: matter.key, label: nameIn(language, matter.names, matter.key) }));
  return (
    <Choices
      ask={words.review.reclassAsk}
      choices={choices}
      onChoose={(matter) => onJudge({ kind: "reclass", matter })}
      onClose={onClose}
    />
  );
}
