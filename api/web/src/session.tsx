import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { api } from "./api/endpoints";
import { ApiError, setGate } from "./api/client";
import type { Session } from "./api/shapes";
import { stream } from "./api/events";
import { LoginPage } from "./pages/login/login-page";
import { Loading, LoadFailed } from "./parts/loading";

interface SignedIn {
  session: Session;
  leave: () => void;
  passwordChanged: () => void;
}

const Context = createContext<SignedIn | null>(null);

export function useSession(): SignedIn {
  const signedIn = use(Context);
  if (!signedIn) throw new Error("useSession is for pages behind the sign-in");
  return signedIn;
}

/** Show the sign-in until someone is signed in; when the session runs out later, lay it over the page and wait. */
export function SessionGate({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<ApiError | null>(null);
  const { expired, passGate } = useGate();

  const ask = useCallback(() => {
    setFailure(null);
    api.session().then(
      (found) => {
        setSession(found);
        setAsked(true);
      },
      (error: ApiError) => (error.status === 401 ? setAsked(true) : setFailure(error)),
    );
  }, []);
  useEffect(ask, [ask]);
  useStreamWhile(session !== null);

  const signedIn = useMemo(
    () =>
      session && {
        session,
        leave: () => void api.signOut().finally(() => location.reload()),
        passwordChanged: () => setSession({ ...session, one_time_password: false }),
      },
    [session],
  );

  if (failure) return <LoadFailed error={failure} retry={ask} />;
  if (!asked) return <Loading />;
  if (!signedIn) return <LoginPage onSignedIn={setSession} />;

  const signedInAgain = (again: Session) => {
    // Work that waits to be sent belongs to whoever did it: another person starts from a clean page.
    if (again.username !== signedIn.session.username) location.reload();
    setSession(again);
    passGate();
  };
  return (
    <Context value={signedIn}>
      <div inert={expired}>{children}</div>
      {expired && <LoginPage again={signedIn.session.username} onSignedIn={signedInAgain} />}
    </Context>
  );
}

/** Requests refused for want of a session wait at the gate together and go on together. */
function useGate() {
  const [expired, setExpired] = useState(false);
  const waiting = useRef<(() => void)[]>([]);
  useEffect(() => {
    setGate(
      () =>
        new Promise<void>((resolve) => {
          waiting.current.push(resolve);
          setExpired(true);
        }),
    );
    return () => setGate(null);
  }, []);
  const passGate = useCallback(() => {
    setExpired(false);
    waiting.current.splice(0).forEach((resolve) => resolve());
  }, []);
  return { expired, passGate };
}

function useStreamWhile(signedIn: boolean): void {
  useEffect(() => {
    if (!signedIn) return undefined;
    stream.open();
    return () => stream.close();
  }, [signedIn]);
}
