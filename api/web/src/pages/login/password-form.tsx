import { useState, type FormEvent } from "react";
import { api } from "../../api/endpoints";
import { useReason } from "../../parts/loading";
import { useWords } from "../../words/language";
import "./login.css";

const SHORTEST = 10;

interface Props {
  username: string;
  onSaved: () => void;
  onCancel: () => void;
}

export function PasswordForm({ username, onSaved, onCancel }: Props) {
  const words = useWords().session;
  const { busy, failure, save } = useChange(onSaved);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save(String(form.get("current")), String(form.get("next")), String(form.get("repeat")));
  };
  return (
    <div
      className="overlay"
      role="dialog"
      aria-modal="true"
      aria-labelledby="password-title"
      onKeyDown={(event) => event.key === "Escape" && onCancel()}
    >
      <form className="login-card" onSubmit={submit}>
        <h2 id="password-title">{words.choose}</h2>
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <Secret name="current" label={words.current} complete="current-password" first />
        <Secret name="next" label={words.next} complete="new-password" />
        <Secret name="repeat" label={words.repeat} complete="new-password" />
        {failure && (
          <p className="form-error" role="alert">
            {failure}
          </p>
        )}
        <div className="form-row">
          <button type="submit" className="primary" disabled={busy}>
            {words.save}
          </button>
          <button type="button" onClick={onCancel}>
            {words.cancel}
          </button>
        </div>
      </form>
    </div>
  );
}

function Secret(props: { name: string; label: string; complete: string; first?: boolean }) {
  return (
    <label>
      {props.label}
      <input type="password" name={props.name} autoComplete={props.complete} autoFocus={props.first} maxLength={200} required />
    </label>
  );
}

function useChange(onSaved: () => void) {
  const words = useWords().session;
  const reason = useReason();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const save = (current: string, next: string, repeat: string) => {
    if (next.length < SHORTEST) return setFailure(words.short);
    if (next !== repeat) return setFailure(words.differ);
    if (next === current) return setFailure(words.same);
    setBusy(true);
    setFailure("");
    return void api
      .changePassword(current, next)
      .then(onSaved, (error: unknown) => setFailure(reason(error, "password")))
      .finally(() => setBusy(false));
  };
  return { busy, failure, save };
}
