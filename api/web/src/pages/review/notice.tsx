import type { Incident } from "../../api/shapes";
import { localTime } from "../../format";
import { useReason } from "../../parts/loading";
import { useSession } from "../../session";
import { useWords } from "../../words/language";
import { useDesk } from "./desk";
import { standing } from "./use-verdicts";

/** What became of something done earlier; it stays until the next verdict or until it is closed. */
export function DeskNotice({ failure }: { failure: string }) {
  const words = useWords();
  const { notice, dismiss } = useDesk();
  const said = useSaid();
  if (failure) return <p className="notice notice-bad" role="alert">{failure}</p>;
  if (!notice) return null;
  const bad = "why" in notice;
  return (
    <p className={bad ? "notice notice-bad" : "notice"} role={bad ? "alert" : "status"}>
      {said}
      <button type="button" className="quiet" aria-label={words.action.close} onClick={dismiss}>
        ×
      </button>
    </p>
  );
}

function useSaid(): string {
  const words = useWords().review;
  const first = useWhoWasFirst();
  const reason = useReason();
  const { notice } = useDesk();
  switch (notice?.about) {
    case "not-saved":
      return words.notSaved(reason(notice.why, "verdict"));
    case "first":
      return first(notice.now) ?? reason(notice.why, "verdict");
    case "undo-failed":
      return words.undoFailed(reason(notice.why, "undo"));
    case "undone":
      return words.undone;
    case "nothing-to-undo":
      return words.nothingToUndo;
    default:
      return "";
  }
}

/** Who decided it before us, what and when, in the person's language and the city's time. */
function useWhoWasFirst(): (incident: Incident) => string | null {
  const words = useWords();
  const { session } = useSession();
  return (incident) => {
    const verdict = standing(incident);
    if (!verdict) return null;
    return words.review.first(verdict.by, words.verdict[verdict.kind], localTime(verdict.at, session.timezone));
  };
}
