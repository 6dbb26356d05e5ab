import { useState } from "react";
import { api } from "../../api/endpoints";
import type { Mute } from "../../api/shapes";
import { useReason } from "../../parts/loading";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** Takes a mute back, or a lift; asks once more before it does, with room for a note. */
export function LiftMute({ mute, onChanged }: { mute: Mute; onChanged: () => void }) {
  const words = useWords();
  const { session } = useSession();
  const [asked, setAsked] = useState(false);
  const [note, setNote] = useState("");
  const { busy, failure, send } = useSending(onChanged);
  const lifted = mute.state === "lifted";
  if (session.role === "viewer" || (mute.state !== "active" && !lifted)) return null;
  const name = lifted ? words.mutes.restore : words.mutes.lift;
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
    send(() => (lifted ? api.restoreMute(mute.id, note) : api.liftMute(mute.id, note)));
  };
  return (
    <form className="mute-ask" aria-label={name} onSubmit={done}>
      <p>{failure || (lifted ? words.mutes.restoreAsk : words.mutes.liftAsk)}</p>
      <input
        autoFocus
        value={note}
        maxLength={1000}
        placeholder={words.mutes.note}
        aria-label={words.mutes.note}
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

function useSending(onDone: () => void) {
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
  return { busy, failure: failure ? reason(failure, "mute") : "", send };
}
