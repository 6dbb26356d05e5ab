import { api } from "../../api/endpoints";
import { useTold } from "../../api/events";
import { CASE_STATES, type Case, type CaseState } from "../../api/shapes";
import { useCatalogue } from "../../catalogue";
import { localTime } from "../../format";
import { CaseChip, Drawn } from "../../parts/chips";
import { More } from "../../parts/more";
import { go, href, useRoute } from "../../router";
import { useSession } from "../../session";
import { usePaged } from "../../use-paged";
import { nameIn, useLanguage } from "../../words/language";
import { CaseDetail } from "./case-detail";
import "./cases.css";

const PAGE = 50;

/** The record the city works with. The filters and the chosen case are in the address, so that it can be shared. */
export function CasesPage() {
  const { words } = useLanguage();
  const { id, query } = useRoute();
  const state = (query.get("state") ?? "") as CaseState | "";
  const matter = query.get("matter") ?? "";
  const filters = { state, matter };
  const list = usePaged<Case>(`${state} ${matter}`, (cursor) => api.cases({ ...filters, cursor, limit: PAGE }));
  useTold("case", () => {
    // A longer list is left alone: reading it anew would throw the person back to its start.
    if (list.items.length <= PAGE) list.reload();
  });
  const none = state || matter ? words.cases.none : words.cases.noneYet;
  return (
    <div className="split">
      <section className="split-list" aria-labelledby="cases-title">
        <h1 id="cases-title">{words.cases.title}</h1>
        <Filters {...filters} onChange={(next) => go(href("cases", id, next), true)} />
        <ul className="rows">
          {list.items.map((item) => (
            <CaseRow key={item.id} item={item} chosen={item.id === id} address={href("cases", item.id, filters)} />
          ))}
        </ul>
        <More list={list} none={none} label={words.cases.more} />
      </section>
      <section className="split-detail">
        {id ? <CaseDetail key={id} id={id} /> : <p className="none">{words.cases.pick}</p>}
      </section>
    </div>
  );
}

interface FilterProps {
  state: CaseState | "";
  matter: string;
  onChange: (filters: Record<string, string>) => void;
}

function Filters({ state, matter, onChange }: FilterProps) {
  const { words, language } = useLanguage();
  const { matters } = useCatalogue();
  return (
    <div className="filters">
      <select
        aria-label={words.cases.state}
        value={state}
        onChange={(event) => onChange({ state: event.target.value, matter })}
      >
        <option value="">{words.cases.all}</option>
        {CASE_STATES.map((known) => (
          <option key={known} value={known}>
            {words.cases.states[known]}
          </option>
        ))}
      </select>
      <select
        aria-label={words.cases.matter}
        value={matter}
        onChange={(event) => onChange({ state, matter: event.target.value })}
      >
        <option value="">{words.review.allMatters}</option>
        {matters.map((known) => (
          <option key={known.key} value={known.key}>
            {nameIn(language, known.names, known.key)}
          </option>
        ))}
      </select>
    </div>
  );
}

function CaseRow({ item, chosen, address }: { item: Case; chosen: boolean; address: string }) {
  const { language } = useLanguage();
  const { session } = useSession();
  return (
    <li>
      <a className="row" href={address} aria-current={chosen || undefined}>
        <span className="row-head">
          <strong>{nameIn(language, item.matter_name, item.matter)}</strong>
          <CaseChip state={item.state} />
          {item.synthetic && <Drawn />}
        </span>
        <span className="row-line">
          <span className="mono">{item.id}</span>
          <span>{localTime(item.filed_at, session.timezone)}</span>
        </span>
        <span className="row-line dim">
          <span>{item.feed_name || item.feed_id}</span>
          <span className="mono">{item.cell?.id}</span>
        </span>
      </a>
    </li>
  );
}
