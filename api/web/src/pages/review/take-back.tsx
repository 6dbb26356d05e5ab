import { useState } from "react";
import type { Incident } from "../../api/shapes";
import { useReason } from "../../parts/loading";
import { useWords } from "../../words/language";
import { useDesk } from "./desk";
import { standing } from "./use-verdicts";

/** Takes back the verdict that stands, also one given long ago or by someone else; asks once more before it does. */
export function TakeBack({ incident, onDone }: { incident: Incident; onDone?: () => void }) {
  const words = useWords();
  const { mayDecide } = useDesk();
  const [asked, setAsked] = useState(false);
  const { busy, failure, take } = useTaking(incident.id, onDone);
  const verdict = standing(incident);
  if (!mayDecide || !verdict) return null;
  if (!asked) {
    return (
      <button type="button" className="take-back" onMouseDown={keepFocus} onClick={() => setAsked(true)}>
        {words.takeBack.name}
      </button>
    );
  }
  return (
    <span className="take-back" role="group" aria-label={words.takeBack.name}>
      {failure || words.takeBack.ask(words.verdict[verdict.kind], verdict.by)}{" "}
      <button type="button" className="action-reject" disabled={busy} onMouseDown={keepFocus} onClick={take}>
        {words.takeBack.sure}
      </button>{" "}
      <button type="button" onMouseDown={keepFocus} onClick={() => setAsked(false)}>
        {words.session.cancel}
      </button>
    </span>
  );
}

/** The mouse must not leave the focus here: on the desk Enter is for the picture. */
function keepFocus(event: React.MouseEvent): void {
  event.preventDefault();
}

function useTaking(id: string, onDone: (() => void) | undefined) {
  const { revoke } = useDesk();
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const take = () => {
    setBusy(true);
    setFailure(null);
    void revoke(id)
      .then(onDone, setFailure)
      .finally(() => setBusy(false));
  };
  return { busy, failure: failure ? reason(failure, "undo") : "", take };
}
