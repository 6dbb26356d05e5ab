import { useEffect, useState } from "react";
import type { Evidence, Incident } from "../../api/shapes";
import { api } from "../../api/endpoints";
import { useMatterName } from "../../catalogue";
import { percent } from "../../format";
import { Drawn } from "../../parts/chips";
import { Picture } from "../../parts/picture";
import { useLoaded } from "../../use-loaded";
import { MutedHere } from "../mutes/hint";
import { useWords } from "../../words/language";
import { Actions, type PanelName } from "./actions";
import { mainLook, useDesk } from "./desk";
import { useKeys, type Command } from "./keys";
import { Looks, looksOf } from "./looks";
import { Panel } from "./panel";
import { TakeBack } from "./take-back";
import { standing } from "./use-verdicts";

const BOXES_KEPT_AS = "gridpatrol.boxes";

interface Props {
  incident: Incident;
  onHelp: () => void;
}

/** One incident on the desk. It is keyed by the incident, so an open question never outlives its picture. */
export function IncidentDesk({ incident, onHelp }: Props) {
  const desk = useDesk();
  const earlier = useLoaded(`earlier ${incident.id}`, () => api.earlier(incident.id), desk.undone);
  const looks = looksOf(incident, earlier.value ?? []);
  const [shownId, setShownId] = useState(() => mainLook(incident)?.id ?? null);
  const shown = looks.find((look) => look.evidence.id === shownId) ?? null;
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [close, setClose] = useState(false);
  const [boxes, toggleBoxes] = useBoxes();
  const { seen } = desk;
  useEffect(() => {
    if (incident.evidence.length === 0) seen(incident.id);
  }, [incident, seen]);

  const lookBy = (places: number) => {
    const place = looks.findIndex((look) => look.evidence.id === shownId) + places;
    const next = looks[place];
    if (next) setShownId(next.evidence.id);
  };
  const obey = (command: Command) => {
    if (typeof command === "object") return;
    const actions: Record<typeof command, () => void> = {
      accept: () => desk.judge({ kind: "confirm" }),
      reject: () => setPanel("reject"),
      reclass: () => setPanel("reclass"),
      merge: () => setPanel("merge"),
      skip: desk.skip,
      undo: desk.undo,
      boxes: toggleBoxes,
      zoom: () => setClose(!close),
      help: onHelp,
      lookBack: () => lookBy(-1),
      lookOn: () => lookBy(1),
      cancel: () => setPanel(null),
    };
    actions[command]();
  };
  useKeys((command) => {
    // While a question is open its numbers are answers, and no other verdict can slip in.
    if (panel === null || command === "cancel") obey(command);
  });

  return (
    <section className="desk-main">
      <Shown incident={incident} evidence={shown?.evidence ?? null} boxes={boxes} close={close} />
      {panel ? (
        <Panel
          name={panel}
          incident={incident}
          earlier={earlier.value ?? []}
          onJudge={desk.judge}
          onClose={() => setPanel(null)}
        />
      ) : (
        <Actions boxes={boxes} close={close} onCommand={obey} mayDecide={desk.mayDecide} />
      )}
      <Looks looks={looks} shownId={shownId} onShow={setShownId} />
    </section>
  );
}

interface ShownProps {
  incident: Incident;
  evidence: Evidence | null;
  boxes: boolean;
  close: boolean;
}

function Shown({ incident, evidence, boxes, close }: ShownProps) {
  const words = useWords().review;
  const { seen } = useDesk();
  const name = useMatterName()(incident.matter);
  const head = (
    <>
      <div className="stage-head">
        <span className="stage-matter">{name}</span>
        <span className="stage-score">{percent(evidence?.score ?? incident.score)}</span>
        {incident.synthetic && <Drawn />}
      </div>
      <Decided incident={incident} />
    </>
  );
  if (!evidence) {
    return (
      <div className="stage">
        <p className="stage-note">{words.noPicture}</p>
        {head}
      </div>
    );
  }
  return (
    <Picture
      key={evidence.url}
      url={evidence.url}
      alt={`${name}, ${incident.feed_name}`}
      box={evidence.box}
      boxes={boxes}
      close={close}
      onSeen={() => seen(incident.id)}
      waiting={words.pictureLoading}
      lost={words.pictureLost}
    >
      {head}
    </Picture>
  );
}

/** What stands against judging this one: it came back, or someone has decided it meanwhile. */
function Decided({ incident }: { incident: Incident }) {
  const words = useWords();
  const { queue, mayDecide } = useDesk();
  const verdict = standing(incident);
  const why = queue.returned.get(incident.id);
  const said: string[] = [];
  if (!mayDecide) said.push(words.review.viewer);
  if (why !== undefined) said.push(words.review.notSaved(why));
  if (verdict) said.push(words.review.otherDecided(verdict.by, words.verdict[verdict.kind]));
  else if (incident.review !== "pending") said.push(words.review.decidedAlready(words.reviewState[incident.review]));
  if (said.length === 0) return null;
  return (
    <div className="stage-warning" role="alert">
      {said.join(" ")} <MutedHere incident={incident} /> <TakeBack incident={incident} />
    </div>
  );
}

function useBoxes(): [boolean, () => void] {
  const [boxes, setBoxes] = useState(() => localStorage.getItem(BOXES_KEPT_AS) !== "off");
  const toggle = () => {
    localStorage.setItem(BOXES_KEPT_AS, boxes ? "off" : "on");
    setBoxes(!boxes);
  };
  return [boxes, toggle];
}
