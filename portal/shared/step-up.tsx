/** Asking again who one is, before what matters most: the change that needs it goes on by itself. */

import { type FormEvent, type ReactNode, useCallback, useId, useRef, useState } from "react";
import { Prove, send } from "./client";
import { knowsPasskeys, showPasskey } from "./passkey";
import { AGAIN, proof } from "./proof";

/** Gives the changes below a way to ask. The browser's own dialog stands above one that is open already. */
export function StepUp(props: { children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const answer = useRef<(proven: boolean) => void>(undefined);
  const [password, setPassword] = useState("");
  /** Null until it turns out that one is asked for. */
  const [code, setCode] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [organization, setOrganization] = useState(false);
  const [passkey, setPasskey] = useState(false);
  const prove = useCallback(
    () =>
      new Promise<boolean>((resolve) => {
        answer.current = resolve;
        proof().then((known) => {
          setOrganization(known?.at === "organization");
          setPasskey(known?.passkey === true && knowsPasskeys());
          dialog.current?.showModal();
        });
      }),
    [],
  );
  // However it ends: nothing that was typed stays.
  const closed = () => {
    setPassword("");
    setCode(null);
    setRefused(null);
    answer.current?.(false);
  };
  const shown = async (event: FormEvent) => {
    event.preventDefault();
    if ((await proof())?.proven) {
      answer.current?.(true);
      dialog.current?.close();
    } else {
      setRefused("Your organization has not confirmed it yet.");
    }
  };
  const byPasskey = async () => {
    setBusy(true);
    const done = await showPasskey();
    setBusy(false);
    setRefused(done.ok ? null : done.message);
    if (done.ok) {
      answer.current?.(true);
      dialog.current?.close();
    }
  };
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const done = await send("/confirm", code === null ? { password } : { password, code });
    setBusy(false);
    if (done.ok) {
      answer.current?.(true);
      dialog.current?.close();
    } else if (done.code === "CODE_NEEDED") {
      setRefused(null);
      setCode("");
    } else {
      setRefused(done.message);
    }
  };
  return (
    <Prove.Provider value={prove}>
      {props.children}
      <dialog ref={dialog} aria-labelledby={heading} onClose={closed}>
        <h2 id={heading}>Confirm that it is you</h2>
        <p>
          What you are about to do matters more than most, so{" "}
          {organization
            ? "your organization is to confirm again that it is you"
            : "your password is asked for again"}
          . It counts for five minutes.
        </p>
        <form className="stack" onSubmit={organization ? shown : confirm}>
          {organization ? (
            <p>
              <a href={AGAIN} target="_blank" rel="noreferrer">
                Sign in there again
              </a>
              , in a new window. Then come back here and go on.
            </p>
          ) : (
            <label>
              Password
              <input
                type="password"
                autoComplete="current-password"
                value={password}
                onChange={({ target }) => setPassword(target.value)}
                required
              />
            </label>
          )}
          {code !== null && <CodeField code={code} typed={setCode} />}
          {refused && (
            <p className="refused" role="alert">
              {refused}
            </p>
          )}
          <div className="actions">
            <button type="button" onClick={() => dialog.current?.close()}>
              Not now
            </button>
            {passkey && (
              <button type="button" onClick={byPasskey} disabled={busy}>
                Use a passkey
              </button>
            )}
            <button type="submit" className="primary" disabled={busy}>
              {busy ? "Checking…" : "Go on"}
            </button>
          </div>
        </form>
      </dialog>
    </Prove.Provider>
  );
}

/** Where the code is typed, once it turned out that one is needed. */
export function CodeField({ code, typed }: { code: string; typed: (code: string) => void }) {
  return (
    <label>
      Code of your authenticator, or a recovery code
      <input
        autoComplete="one-time-code"
        value={code}
        onChange={({ target }) => typed(target.value)}
        required
      />
    </label>
  );
}
