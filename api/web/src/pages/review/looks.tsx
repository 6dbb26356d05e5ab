import { useEffect, useRef } from "react";
import type { Evidence, Incident } from "../../api/shapes";
import { shortTime } from "../../format";
import { BoxOutline } from "../../parts/picture";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

/** A picture of this place: of this incident, or of an earlier one. */
export interface Look {
  evidence: Evidence;
  earlier: boolean;
}

/** Every look at this place, oldest first. */
export function looksOf(incident: Incident, earlier: readonly Incident[]): Look[] {
  const looks = [
    ...earlier.flatMap((other) => other.evidence.map((evidence) => ({ evidence, earlier: true }))),
    ...incident.evidence.map((evidence) => ({ evidence, earlier: false })),
  ];
  return looks.sort((a, b) => Date.parse(a.evidence.captured_at) - Date.parse(b.evidence.captured_at));
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

function Thumb({ look, shown, onShow }: { look: Look; shown: boolean; onShow: (id: number) => void }) {
  const words = useWords().review;
  const { session } = useSession();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (shown) button.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  const { evidence, earlier } = look;
  return (
    <button
      ref={button}
      type="button"
      className="look"
      aria-pressed={shown}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => onShow(evidence.id)}
    >
      <span className="look-picture">
        <img src={evidence.url} alt="" loading="lazy" />
        {evidence.box && <BoxOutline box={evidence.box} />}
      </span>
      <span className="look-time">
        {shortTime(evidence.captured_at, session.timezone)} {earlier && <em>{words.earlierLook}</em>}
      </span>
    </button>
  );
}
