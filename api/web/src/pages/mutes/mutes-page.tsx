import { api } from "../../api/endpoints";
import { useTold } from "../../api/events";
import { MUTE_STATES, type Mute, type MuteState } from "../../api/shapes";
import { More } from "../../parts/more";
import { go, href, useRoute } from "../../router";
import { usePaged } from "../../use-paged";
import { useWords } from "../../words/language";
import { MuteCard } from "./mute-card";
import "./mutes.css";

const PAGE = 30;
const ALL = "all";

/** Places that are left alone because their findings were rejected again and again, and how to raise them again. */
export function MutesPage() {
  const words = useWords().mutes;
  const { query } = useRoute();
  const asked = query.get("state") ?? "active";
  const state = MUTE_STATES.find((known) => known === asked) ?? "";
  const list = usePaged<Mute>(`mutes ${state}`, (cursor) => api.mutes({ state, cursor, limit: PAGE }));
  useTold("mute", () => {
    if (list.items.length <= PAGE) list.reload();
  });
  return (
    <>
      <header className="mutes-head">
        <h1>{words.title}</h1>
        <StateFilter state={state} onChange={(next) => go(href("mutes", null, { state: next || ALL }), true)} />
        <p className="dim">{words.what}</p>
      </header>
      <ul className="mute-list">
        {list.items.map((mute) => (
          <MuteCard key={mute.id} mute={mute} onChanged={list.reload} />
        ))}
      </ul>
      <More list={list} none={state === "active" ? words.noneActive : words.none} label={words.more} />
    </>
  );
}

function StateFilter({ state, onChange }: { state: MuteState | ""; onChange: (state: MuteState | "") => void }) {
  const words = useWords().mutes;
  return (
    <div className="outcome-filter" role="group" aria-label={words.state}>
      {MUTE_STATES.map((known) => (
        <button key={known} type="button" aria-pressed={state === known} onClick={() => onChange(known)}>
          {words.states[known]}
        </button>
      ))}
      <button type="button" aria-pressed={state === ""} onClick={() => onChange("")}>
        {words.all}
      </button>
    </div>
  );
}
