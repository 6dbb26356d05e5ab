import { ApiError } from "../api/client";
import { useWords } from "../words/language";

export function Loading() {
  const words = useWords();
  return (
    <p className="loading" role="status">
      {words.trouble.loading}
    </p>
  );
}

/** What was asked of the server when it refused. */
export type About = "login" | "password" | "incident" | "case" | "verdict" | "undo" | "mute" | "feed";

/** Our sentence for what is refused often, else the server's own, which is English. */
export function useReason(): (error: unknown, about?: About) => string {
  const words = useWords();
  return (error, about) => {
    if (error instanceof ApiError) {
      if (error.offline) return words.trouble.offline;
      const refused: Record<number, string> = { ...words.refused.any, ...(about && words.refused[about]) };
      return refused[error.status] ?? error.message;
    }
    return error instanceof Error ? error.message : String(error);
  };
}

export function LoadFailed({ error, about, retry }: { error: unknown; about?: About; retry: () => void }) {
  const words = useWords();
  const reason = useReason();
  return (
    <div className="load-failed" role="alert">
      <p>{words.trouble.load(reason(error, about))}</p>
      <button type="button" onClick={retry}>
        {words.trouble.retry}
      </button>
    </div>
  );
}
