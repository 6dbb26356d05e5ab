import type { ReactNode } from "react";
import { useCatalogue } from "../../catalogue";
import { median } from "../../format";
import { useStatus } from "../../status";
import { nameIn, useLanguage } from "../../words/language";
import { useDesk } from "./desk";
import type { Wanted } from "./use-queue";

const ORDERS = ["oldest", "newest", "score"] as const;

/** How much waits, how much was done, and in which order it comes. */
export function DeskBar({ onHelp, children }: { onHelp: () => void; children: ReactNode }) {
  const { words } = useLanguage();
  const { given, saving } = useDesk();
  const pace = median(given.map((decision) => decision.seconds));
  return (
    <div className="desk-bar">
      <strong data-testid="pending">{words.review.pending(usePending())}</strong>
      <span data-testid="decided">{words.review.decided(given.length)}</span>
      {pace !== null && <span title={words.review.paceTitle}>{words.review.pace(pace.toFixed(1))}</span>}
      {saving > 0 && <span role="status">{words.review.saving(saving)}</span>}
      <div className="desk-said">{children}</div>
      <Choices />
      <button type="button" className="quiet" onClick={onHelp}>
        <kbd>?</kbd> {words.action.help}
      </button>
    </div>
  );
}

/** The server's count may be older than the queue here, so the larger of the two is nearer the truth. */
function usePending(): number {
  const { status } = useStatus();
  const { queue, saving, wanted } = useDesk();
  if (wanted.matter !== "") return queue.items.length;
  return Math.max(queue.items.length, (status?.pending ?? 0) - saving);
}

function Choices() {
  const { words, language } = useLanguage();
  const { matters } = useCatalogue();
  const { wanted, want } = useDesk();
  return (
    <>
      <select
        aria-label={words.review.filter}
        value={wanted.matter}
        onChange={(event) => {
          want({ ...wanted, matter: event.target.value });
          event.target.blur();
        }}
      >
        <option value="">{words.review.allMatters}</option>
        {matters.map((matter) => (
          <option key={matter.key} value={matter.key}>
            {nameIn(language, matter.names, matter.key)}
          </option>
        ))}
      </select>
      <select
        aria-label={words.review.order}
        value={wanted.order}
        onChange={(event) => {
          want({ ...wanted, order: event.target.value as Wanted["order"] });
          event.target.blur();
        }}
      >
        {ORDERS.map((order) => (
          <option key={order} value={order}>
            {words.review.orders[order]}
          </option>
        ))}
      </select>
    </>
  );
}
