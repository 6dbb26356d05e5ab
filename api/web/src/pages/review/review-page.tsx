import { useEffect, useState } from "react";
import { LoadFailed, Loading, useReason } from "../../parts/loading";
import { go, href, useRoute } from "../../router";
import { useWords } from "../../words/language";
import { JustMuted } from "../mutes/hint";
import { DeskBar } from "./desk-bar";
import { useDesk } from "./desk";
import { EmptyDesk } from "./empty-desk";
import { IncidentDesk } from "./incident-desk";
import { Facts } from "./facts";
import { Help } from "./help";
import { DeskNotice } from "./notice";
import "./review.css";

/** Judging findings one after the other, by keyboard. */
export function ReviewPage() {
  const desk = useDesk();
  const [help, setHelp] = useState(false);
  const failure = useAskedFor();
  const { current } = desk;
  return (
    <>
      <h1 className="unseen">{useWords().review.title}</h1>
      <DeskBar onHelp={() => setHelp(true)}>
        <DeskNotice failure={failure} />
        <JustMuted />
      </DeskBar>
      {current ? (
        <div className="desk">
          <IncidentDesk key={current.id} incident={current} onHelp={() => setHelp(true)} />
          <Facts incident={current} />
        </div>
      ) : (
        <Without onHelp={() => setHelp(true)} />
      )}
      {help && <Help onClose={() => setHelp(false)} />}
    </>
  );
}

function Without({ onHelp }: { onHelp: () => void }) {
  const { read, error, retry } = useDesk();
  if (error) return <LoadFailed error={error} retry={retry} />;
  return read ? <EmptyDesk onHelp={onHelp} /> : <Loading />;
}

/** `#/review/{id}` puts that incident on the desk; returns the sentence to show when it cannot. */
function useAskedFor(): string {
  const { page, id: named } = useRoute();
  // For a moment this page is still there when another one's address is; its ids are not ours to open.
  const id = page === "review" ? named : null;
  const { open } = useDesk();
  const reason = useReason();
  const words = useWords().review;
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!id) return;
    open(id)
      .then(() => setError(null), setError)
      .finally(() => go(href("review"), true));
  }, [id, open]);
  return error ? words.unknownIncident(reason(error, "incident")) : "";
}
