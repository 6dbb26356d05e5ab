import { useState } from "react";
import { useWords } from "../words/language";
import { useReason, type About } from "./loading";

interface Step {
  name: string;
  /** What it will do. */
  question: string;
  about: About;
  act: (note: string) => Promise<unknown>;
  onDone: () => void;
}

/** A button that asks once more before it acts, with room for a note. */
export function Asked({ name, question, about, act, onDone }: Step) {
  const words = useWords();
  const [asked, setAsked] = useState(false);
  const [note, setNote] = useState("");
  const { busy, failure, send } = useSending(about, onDone);
  if (!asked) {
    return (
      <p>
        <button type="button" onClick={() => setAsked(true)}>
          {name}
        </button>
      </p>
    );
  }
  const done = (event: React.FormEvent) => {
    event.preventDefault();
    send(() => act(note));
  };
  return (
    <form className="ask" aria-label={name} onSubmit={done}>
      <p>{failure || question}</p>
      <input
        autoFocus
        value={note}
        maxLength={1000}
        placeholder={words.ask.note}
        aria-label={words.ask.note}
        onChange={(event) => setNote(event.target.value)}
      />
      <button type="submit" disabled={busy}>
        {name}
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        {words.session.cancel}
      </button>
    </form>
  );
}

function useSending(about: About, onDone: () => void) {
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const send = (step: () => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    void step()
      .then(onDone, setFailure)
      .finally(() => setBusy(false));
  };
  return { busy, failure: failure ? reason(failure, about) : "", send };
}
