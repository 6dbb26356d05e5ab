import { useState } from "react";
import { api } from "../../api/endpoints";
import { useTold } from "../../api/events";
import type { Case, CaseEvent, Codes, Evidence } from "../../api/shapes";
import { useMatterName } from "../../catalogue";
import { localTime, percent } from "../../format";
import { CaseChip, Drawn } from "../../parts/chips";
import { LoadFailed, Loading } from "../../parts/loading";
import { href } from "../../router";
import { useSession } from "../../session";
import { useLoaded } from "../../use-loaded";
import { nameIn, useLanguage, useWords } from "../../words/language";
import { CellLine, Fact, PlaceLine, PlaceMap } from "../review/facts";
import { TakeBack } from "../review/take-back";
import { flowNote } from "./flow-note";
import { Rechecks } from "./rechecks";

export function CaseDetail({ id }: { id: string }) {
  const found = useLoaded(`case ${id}`, () => api.case(id));
  const log = useLoaded(`case events ${id}`, () => api.caseEvents(id));
  const reload = () => {
    found.reload();
    log.reload();
  };
  useTold("case", (told) => {
    if (!told.id || told.id === id) reload();
  });
  if (!found.value) return found.error ? <LoadFailed error={found.error} about="case" retry={found.reload} /> : <Loading />;
  return (
    <>
      <Head item={found.value} />
      <div className="case-columns">
        <div>
          <CasePicture item={found.value} />
          <Rechecks item={found.value} onDone={reload} />
          <FlowLog events={log.value ?? []} />
        </div>
        <div>
          <CaseFacts item={found.value} />
          <CaseTakeBack item={found.value} onDone={reload} />
          <PlaceMap incident={found.value} />
        </div>
      </div>
    </>
  );
}

function Head({ item }: { item: Case }) {
  const { language } = useLanguage();
  return (
    <h2 className="case-head">
      {nameIn(language, item.matter_name, item.matter)} <span className="mono">{item.id}</span>
      <CaseChip state={item.state} />
      {item.synthetic && <Drawn />}
    </h2>
  );
}

function CasePicture({ item }: { item: Case }) {
  const words = useWords();
  const { session } = useSession();
  const [chosen, choose] = useState<number | null>(null);
  const [annotated, setAnnotated] = useState(true);
  const shown = item.evidence.find((evidence) => evidence.id === chosen) ?? item.evidence[0];
  if (!shown) return <p className="none">{words.review.noPicture}</p>;
  return (
    <figure className="case-picture">
      <CaseImage key={shown.id} evidence={shown} annotated={annotated} />
      <figcaption>
        <span className="toggle" role="group" aria-label={words.cases.picture}>
          <button type="button" aria-pressed={!annotated} onClick={() => setAnnotated(false)}>
            {words.cases.plain}
          </button>
          <button type="button" aria-pressed={annotated} onClick={() => setAnnotated(true)}>
            {words.cases.annotated}
          </button>
        </span>
        <span className="dim">{words.cases.takenAt(localTime(shown.captured_at, session.timezone))}</span>
        {item.evidence.length > 1 &&
          item.evidence.map((evidence, place) => (
            <button
              key={evidence.id}
              type="button"
              aria-pressed={evidence.id === shown.id}
              title={localTime(evidence.captured_at, session.timezone)}
              onClick={() => choose(evidence.id)}
            >
              {place + 1}
            </button>
          ))}
      </figcaption>
    </figure>
  );
}

function CaseImage({ evidence, annotated }: { evidence: Evidence; annotated: boolean }) {
  const words = useWords();
  const [lost, setLost] = useState(false);
  if (lost) return <p className="none">{words.review.pictureLost}</p>;
  return (
    <img
      src={annotated ? evidence.annotated_url : evidence.url}
      alt={words.cases.picture}
      onError={() => setLost(true)}
    />
  );
}

/** A case that was filed without a verdict has none to take back. */
function CaseTakeBack({ item, onDone }: { item: Case; onDone: () => void }) {
  const incident = useLoaded(`incident of ${item.id} ${item.updated_at}`, () => api.incident(item.incident_id));
  if (item.state !== "filed" || !incident.value) return null;
  return <TakeBack key={item.updated_at} incident={incident.value} onDone={onDone} />;
}

function CaseFacts({ item }: { item: Case }) {
  const words = useWords();
  const { session } = useSession();
  return (
    <dl>
      <Fact name={words.cases.filed}>
        {localTime(item.filed_at, session.timezone)}
        <span className="fact-more">
          {words.cases.origin[item.origin]} · {item.filed_by}
        </span>
      </Fact>
      <Fact name={words.cases.updated}>{localTime(item.updated_at, session.timezone)}</Fact>
      <Fact name={words.review.feed}>
        <a href={href("feeds", null, { q: item.feed_id })}>{item.feed_name || item.feed_id}</a>
        <span className="fact-more">
          {item.present ? words.cases.present : words.cases.gone} · {words.review.score} {percent(item.score)}
        </span>
      </Fact>
      <Fact name={words.review.cell}>
        <CellLine incident={item} />
      </Fact>
      <Fact name={words.review.place}>
        <PlaceLine incident={item} />
      </Fact>
      <Fact name={words.cases.codes}>
        <CodeList codes={item.codes} />
      </Fact>
    </dl>
  );
}

const CODE_SETS = ["gbt47678_2026", "gbt30428_2013", "interim"] as const;

function CodeList({ codes }: { codes: Codes }) {
  const words = useWords().cases;
  return (
    <>
      {CODE_SETS.map((set) => (
        <span key={set} className="code">
          <span className="mono">{codes[set] ?? words.codeNone}</span> <span className="dim">{words.codeSets[set]}</span>
        </span>
      ))}
    </>
  );
}

function FlowLog({ events }: { events: readonly CaseEvent[] }) {
  const allWords = useWords();
  const words = allWords.cases;
  const matterName = useMatterName();
  const { session } = useSession();
  const said = (event: CaseEvent) => flowNote(event, allWords, matterName);
  return (
    <>
      <h3>{words.log}</h3>
      <ol className="flow-log">
        {events.map((event) => (
          <li key={event.id}>
            <time dateTime={event.at}>{localTime(event.at, session.timezone)}</time>
            <strong>{words.event[event.kind]}</strong>
            <span className="dim">{event.by}</span>
            {event.note && <span>{said(event)}</span>}
          </li>
        ))}
      </ol>
    </>
  );
}
