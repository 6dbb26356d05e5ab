import type { Paged } from "../use-paged";
import { useWords } from "../words/language";
import { LoadFailed, Loading } from "./loading";

/** The end of a paged list: more, nothing, or why not. */
export function More({ list, none, label }: { list: Paged<unknown>; none: string; label: string }) {
  const words = useWords();
  if (list.error) return <LoadFailed error={list.error} retry={list.reload} />;
  if (!list.read) return <Loading />;
  if (list.items.length === 0) return <p className="none">{none}</p>;
  if (!list.more) return null;
  return (
    <button type="button" className="more" disabled={list.busy} onClick={list.more}>
      {list.busy ? words.trouble.loading : label}
    </button>
  );
}
