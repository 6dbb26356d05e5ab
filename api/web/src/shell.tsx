import { useState, type ReactNode } from "react";
import { PasswordForm } from "./pages/login/password-form";
import { LanguageSwitch } from "./parts/language-switch";
import { PAGES, href, type PageName } from "./router";
import { useSession } from "./session";
import { useStatus } from "./status";
import { localTime } from "./format";
import { useWords } from "./words/language";

/** What stands around every page: where one is, who one is, and what one must know before believing the page. */
export function Shell({ page, children }: { page: PageName; children: ReactNode }) {
  return (
    <div className="shell">
      <TopBar page={page} />
      <Banners />
      <main className={`page page-${page}`}>{children}</main>
    </div>
  );
}

function TopBar({ page }: { page: PageName }) {
  const words = useWords();
  const { session, leave } = useSession();
  return (
    <header className="top-bar">
      <a className="brand" href={href("review")}>
        <img src="./icon.svg" alt="" width="22" height="22" />
        {session.city}
      </a>
      <nav aria-label={words.nav.main}>
        {PAGES.map((name) => (
          <a key={name} href={href(name)} aria-current={name === page ? "page" : undefined}>
            {words.nav[name]}
            {name === "review" && <PendingBadge />}
          </a>
        ))}
      </nav>
      <PatrolLight />
      <span className="who" title={words.session.role[session.role]}>
        {session.username}
      </span>
      <LanguageSwitch />
      <button type="button" className="quiet" onClick={leave}>
        {words.session.leave}
      </button>
    </header>
  );
}

function PendingBadge() {
  const { status } = useStatus();
  return status && status.pending > 0 ? <span className="badge">{status.pending}</span> : null;
}

function PatrolLight() {
  const words = useWords().patrol;
  const { status, lost } = useStatus();
  if (!status) return <span className="light" />;
  const alive = status.alive && !lost;
  const said = alive && status.patrol ? words.alive(status.patrol.visits_per_s.toFixed(1)) : words.stopped;
  return <span className={alive ? "light light-good" : "light light-bad"}>{said}</span>;
}

function Banners() {
  return (
    <>
      <CityNotice />
      <OneTimePassword />
      <PatrolTrouble />
    </>
  );
}

function CityNotice() {
  const words = useWords();
  const { session } = useSession();
  const { status } = useStatus();
  const drawn = status?.patrol?.synthetic ?? false;
  if (!session.notice && !drawn) return null;
  return (
    <p className="banner banner-notice">
      {drawn && <strong className="chip chip-drawn">{words.synthetic}</strong>} {session.notice}
    </p>
  );
}

function OneTimePassword() {
  const words = useWords().session;
  const { session, passwordChanged } = useSession();
  const [open, setOpen] = useState(false);
  const [saved, setSaved] = useState(false);
  if (saved) {
    return (
      <p className="banner banner-good" role="status">
        {words.saved}{" "}
        <button type="button" className="quiet" aria-label="×" onClick={() => setSaved(false)}>
          ×
        </button>
      </p>
    );
  }
  if (!session.one_time_password) return null;
  const done = () => {
    setOpen(false);
    setSaved(true);
    passwordChanged();
  };
  return (
    <>
      <p className="banner banner-warn">
        {words.oneTime}{" "}
        <button type="button" onClick={() => setOpen(true)}>
          {words.choose}
        </button>
      </p>
      {open && <PasswordForm username={session.username} onSaved={done} onCancel={() => setOpen(false)} />}
    </>
  );
}

function PatrolTrouble() {
  const words = useWords();
  const { session } = useSession();
  const { status, lost } = useStatus();
  const said: string[] = [];
  if (lost) said.push(words.trouble.streamLost);
  if (status && !status.alive) {
    const at = status.patrol?.at;
    said.push(at ? words.patrol.deadSince(localTime(at, session.timezone)) : words.patrol.dead);
  }
  if (status?.alive) said.push(...(status.patrol?.trouble ?? []));
  said.push(...(status?.trouble ?? []));
  if (said.length === 0) return null;
  return (
    <div className="banner banner-bad" role="alert">
      {said.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}
