import { useState } from "react";
import { api } from "../../api/endpoints";
import type { Case, Recheck } from "../../api/shapes";
import { localTime } from "../../format";
import { useReason } from "../../parts/loading";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** The looks that were asked for, what came of them, and the button that asks for one now. */
export function Rechecks({ item, onDone }: { item: Case; onDone: () => void }) {
  const words = useWords().cases.recheck;
  const { session } = useSession();
  return (
    <>
      <h3>{words.title}</h3>
      {item.rechecks.length === 0 && <p className="none">{words.none}</p>}
      <ol className="rechecks">
        {item.rechecks.map((recheck) => (
          <Line key={recheck.id} recheck={recheck} />
        ))}
      </ol>
      {item.state === "filed" && session.role !== "viewer" && <Now id={item.id} onDone={onDone} />}
    </>
  );
}

function Line({ recheck }: { recheck: Recheck }) {
  const words = useWords().cases.recheck;
  const { session } = useSession();
  const shown = (when: string) => localTime(when, session.timezone);
  return (
    <li>
      <strong>{words.state[recheck.state]}</strong>
      <span>{words.why[recheck.why]}</span>
      <span className="dim">{words.asked(shown(recheck.asked_at), recheck.asked_by)}</span>
      {recheck.looked_at && <span className="dim">{words.looked(shown(recheck.looked_at))}</span>}
      {recheck.state === "open" && <span className="dim">{words.due(shown(recheck.due_at))}</span>}
      {recheck.reason && <span>{words.reason[recheck.reason]}</span>}
      {recheck.detail && <span className="dim">{recheck.detail}</span>}
    </li>
  );
}

function Now({ id, onDone }: { id: string; onDone: () => void }) {
  const words = useWords().cases.recheck;
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const ask = () => {
    setBusy(true);
    setFailure(null);
    void api
      .recheck(id)
      .then(onDone, setFailure)
      .finally(() => setBusy(false));
  };
  return (
    <p>
      <button type="button" disabled={busy} onClick={ask}>
        {words.now}
      </button>{" "}
      {failure !== null && <span role="alert">{reason(failure, "case")}</span>}
    </p>
  );
}
