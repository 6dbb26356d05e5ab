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

/** The server's own sentence, or ours when no answer came. */
export function useReason(): (error: unknown) => string {
  const words = useWords();
  return (error) => {
    if (error instanceof ApiError) return error.offline ? words.trouble.offline : error.message;
    return error instanceof Error ? error.message : String(error);
  };
}

export function LoadFailed({ error, retry }: { error: unknown; retry: () => void }) {
  const words = useWords();
  const reason = useReason();
  return (
    <div className="load-failed" role="alert">
      <p>{words.trouble.load(reason(error))}</p>
      <button type="button" onClick={retry}>
        {words.trouble.retry}
      </button>
    </div>
  );
}
