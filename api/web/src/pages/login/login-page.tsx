import { useState, type FormEvent } from "react";
import { api } from "../../api/endpoints";
import type { Session } from "../../api/shapes";
import { LanguageSwitch } from "../../parts/language-switch";
import { useReason } from "../../parts/loading";
import { useWords } from "../../words/language";
import "./login.css";

interface Props {
  /** Who was signed in before the session ran out. */
  again?: string;
  onSignedIn: (session: Session) => void;
}

export function LoginPage({ again, onSignedIn }: Props) {
  const words = useWords();
  const [username, setUsername] = useState(again ?? "");
  const [password, setPassword] = useState("");
  const { busy, failure, enter } = useSignIn(onSignedIn);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter(username, password);
  };
  return (
    <div className={again ? "login login-over" : "login"}>
      <form className="login-card" onSubmit={submit} aria-labelledby="login-title">
        <header>
          <h1 id="login-title">{words.product}</h1>
          <p>{again ? words.session.again : words.productLong}</p>
        </header>
        <label>
          {words.session.username}
          <input
            name="username"
            autoComplete="username"
            autoFocus={!again}
            required
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
        </label>
        <label>
          {words.session.password}
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            autoFocus={Boolean(again)}
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </label>
        {failure && (
          <p className="form-error" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" className="primary" disabled={busy}>
          {busy ? words.session.entering : words.session.enter}
        </button>
        <LanguageSwitch />
      </form>
    </div>
  );
}

function useSignIn(onSignedIn: (session: Session) => void) {
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const enter = (username: string, password: string) => {
    setBusy(true);
    setFailure("");
    api
      .signIn(username.trim(), password)
      .then(onSignedIn, (error: unknown) => {
        setFailure(reason(error, "login"));
      })
      .finally(() => setBusy(false));
  };
  return { busy, failure, enter };
}
