import { useEffect, useRef, useState } from "react";
import type { Evidence, Incident } from "../../api/shapes";
import { shortTime } from "../../format";
import { BoxOutline } from "../../parts/picture";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** A picture of this place: of this incident, or of another one. */
export interface Look {
  evidence: Evidence;
  other: boolean;
}

/** Every look at this place once, oldest first. While a merge is being undone a look is on both incidents. */
export function looksOf(incident: Incident, others: readonly Incident[]): Look[] {
  const byId = new Map<number, Look>();
  for (const other of others) for (const evidence of other.evidence) byId.set(evidence.id, { evidence, other: true });
  for (const evidence of incident.evidence) byId.set(evidence.id, { evidence, other: false });
  return [...byId.values()].sort((a, b) => Date.parse(a.evidence.captured_at) - Date.parse(b.evidence.captured_at));
}

interface Props {
  looks: readonly Look[];
  shownId: number | null;
  onShow: (id: number) => void;
}

export function Looks({ looks, shownId, onShow }: Props) {
  const words = useWords().review;
  return (
    <div className="looks" role="group" aria-label={words.looks}>
      <span className="looks-title">{words.looks}</span>
      {looks.length < 2 && <span className="dim">{words.looksNone}</span>}
      {looks.length > 1 &&
        looks.map((look) => (
          <Thumb key={look.evidence.id} look={look} shown={look.evidence.id === shownId} onShow={onShow} />
        ))}
    </div>
  );
}

/** A small picture with its box. */
export function LookPicture({ evidence }: { evidence: Evidence }) {
  const [lost, setLost] = useState(false);
  return (
    <span className="look-picture">
      {!lost && <img src={evidence.url} alt="" loading="lazy" onError={() => setLost(true)} />}
      {evidence.box && <BoxOutline box={evidence.box} />}
    </span>
  );
}

function Thumb({ look, shown, onShow }: { look: Look; shown: boolean; onShow: (id: number) => void }) {
  const words = useWords().review;
  const { session } = useSession();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (shown) button.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  const { evidence, other } = look;
  return (
    <button
      ref={button}
      type="button"
      className="look"
      aria-pressed={shown}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onShow(evidence.id)}
    >
      <LookPicture evidence={evidence} />
      <span className="look-time">
        {shortTime(evidence.captured_at, session.timezone)} {other && <em>{words.otherLook}</em>}
      </span>
    </button>
  );
}
