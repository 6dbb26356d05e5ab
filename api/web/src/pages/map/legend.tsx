import { localTime } from "../../format";
import { COUNT_STEPS } from "../../map/marks";
import { useSession } from "../../session";
import { useWords } from "../../words/language";

export interface Layers {
  cells: boolean;
  feeds: boolean;
  incidents: boolean;
}

interface Props {
  layers: Layers;
  onChange: (layers: Layers) => void;
  since: string | null;
}

/** What the colours mean, and which of them to show. */
export function Legend({ layers, onChange, since }: Props) {
  const words = useWords().map;
  const { session } = useSession();
  const toggle = (name: keyof Layers) => (
    <label className="legend-head">
      <input type="checkbox" checked={layers[name]} onChange={() => onChange({ ...layers, [name]: !layers[name] })} />
      {words[name]}
    </label>
  );
  return (
    <div className="legend">
      {toggle("cells")}
      <div className="legend-steps">
        {["0", ...COUNT_STEPS.map(stepName)].map((name, step) => (
          <span key={name} className="legend-step">
            <i className={`swatch map-step-${step}`} />
            {name}
          </span>
        ))}
      </div>
      {since && <small className="dim">{words.since(localTime(since, session.timezone))}</small>}
      {toggle("incidents")}
      <Dots dots={[["find", words.pending], ["done", words.confirmed]]} />
      {toggle("feeds")}
      <Dots dots={[["good", words.feedSees], ["bad", words.feedBlind], ["idle", words.feedWaiting]]} />
    </div>
  );
}

function Dots({ dots }: { dots: [string, string][] }) {
  return (
    <div className="legend-steps">
      {dots.map(([tone, name]) => (
        <span key={tone} className="legend-step">
          <i className={`dot map-${tone}`} />
          {name}
        </span>
      ))}
    </div>
  );
}

/** `1–2`, `3–5`, … `12+`. */
function stepName(from: number, step: number): string {
  const next = COUNT_STEPS[step + 1];
  return next === undefined ? `${from}+` : `${from}–${next - 1}`;
}
