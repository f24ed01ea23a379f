/** What somebody who is signed in does about the own way in: the password, and where one is signed in. */

import { type FormEvent, type ReactNode, useState } from "react";
import { type Done, send } from "./client";
import { counted, moment, relative } from "./format";
import { showPasskey } from "./passkey";
import { type Passkey, Passkeys } from "./passkeys";
import { SecondFactor } from "./second-factor";
import { CodeField } from "./step-up";
import { Confirm, Recorded, Section, Title, When } from "./ui";

/** A sign-in, as pages ask for it. */
export interface Session {
  id: string;
  signedInAt: string;
  expiresAt: string;
  current: boolean;
}

/** The page. */
export function OwnAccount(props: {
  name?: string | null | undefined;
  email?: string | null | undefined;
  /** Changes what one is called; none: an admin does. */
  rename?: (name: string) => Promise<Done>;
  /** When one came in, once it is wanted. */
  useSignIns: (wanted: boolean) => SignIn[] | undefined;
  /** What one may do, in words. */
  role: string;
  passwordSetAt?: string | null;
  secondFactor?: { setAt: string; recoveryCodesLeft: number } | null;
  passkeys: Passkey[];
  sessions: Session[];
  /** Ends one session, or all others. */
  end: (sessionId: string | null) => Promise<Done>;
  /** Asks again what is so now. */
  again: () => void;
  /** What else there is to say about what one may. */
  beside?: (show: Show) => ReactNode;
  /** What one wants to be told. */
  told?: (show: Show) => ReactNode;
  /** The programs that act for one. */
  programs: (show: Show) => ReactNode;
}) {
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    props.again();
  };
  return (
    <>
      <Title window="Your account">Your account</Title>
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <div className="grid">
        <div className="column">
          <Section
            name="You"
            aside={
              props.rename && <Rename name={props.name ?? ""} rename={props.rename} show={show} />
            }
          >
            <dl className="facts">
              <div>
                <dt>Name</dt>
                <dd>{props.name ?? "—"}</dd>
              </div>
              <div>
                <dt>E-mail</dt>
                <dd>{props.email ?? "—"}</dd>
              </div>
              <div>
                <dt>You may</dt>
                <dd>{props.role}</dd>
              </div>
            </dl>
          </Section>
          {props.beside?.(show)}
          <Password setAt={props.passwordSetAt ?? null} show={show} />
          <SecondFactor factor={props.secondFactor ?? null} show={show} />
        </div>
        <div className="column">
          <Passkeys passkeys={props.passkeys} show={show} />
          <Sessions sessions={props.sessions} end={props.end} show={show} />
          <SignIns useSignIns={props.useSignIns} />
          {props.programs(show)}
          {props.told?.(show)}
        </div>
      </div>
    </>
  );
}

type Show = (what: string) => (done: Done) => void;

function Rename(props: { name: string; rename: (name: string) => Promise<Done>; show: Show }) {
  const [name, setName] = useState(props.name);
  return (
    <Confirm
      button="Change your name"
      title="Change your name"
      effects={
        <label className="stack">
          Name
          <input
            value={name}
            onChange={({ target }) => setName(target.value)}
            autoComplete="name"
          />
          <span className="quiet">
            Colleagues see it from now on, also in what was told before. The e-mail you sign in with
            stays.
          </span>
        </label>
      }
      act="Change it"
      keep="Not now"
      ready={name.trim() !== "" && name.trim() !== props.name}
      onConfirm={() => props.rename(name.trim())}
      onDone={props.show("Your name is changed.")}
    />
  );
}

/** A time that one came in, as pages ask for it. */
export interface SignIn {
  at: string;
  by: "PASSWORD" | "PASSKEY" | "ORGANIZATION";
  endedAt?: string | null;
}

const BY = {
  PASSWORD: "with the password",
  PASSKEY: "with a passkey",
  ORGANIZATION: "through your organization",
};

function SignIns(props: { useSignIns: (wanted: boolean) => SignIn[] | undefined }) {
  const [wanted, setWanted] = useState(false);
  const signIns = props.useSignIns(wanted);
  return (
    <Section
      name="When you came in"
      note="The last 90 days. If one of them was not you: change your password, which ends all other sessions."
    >
      {!wanted ? (
        <button type="button" onClick={() => setWanted(true)}>
          Show them
        </button>
      ) : (
        signIns && (
          <ul className="rows">
            {signIns.map((one) => (
              <li key={one.at}>
                {moment(one.at)}, {BY[one.by]}
                {one.endedAt && (
                  <>
                    <br />
                    <span className="quiet">ended {relative(one.endedAt)}</span>
                  </>
                )}
              </li>
            ))}
          </ul>
        )
      )}
    </Section>
  );
}

function Password({ setAt, show }: { setAt: string | null; show: Show }) {
  const [present, setPresent] = useState("");
  const [chosen, setChosen] = useState("");
  const [code, setCode] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const typed = { password: present, new: chosen };
    const ask = () => send<null>("/password", code === null ? typed : { ...typed, code });
    let done = await ask();
    if (!done.ok && done.code === "PASSKEY_NEEDED") {
      const shown = await showPasskey();
      done = shown.ok ? await ask() : shown;
    }
    setBusy(false);
    if (!done.ok && done.code === "CODE_NEEDED") {
      setCode("");
      return;
    }
    if (done.ok) {
      setPresent("");
      setChosen("");
      setCode(null);
    }
    show("Your password is changed. Everywhere else you are signed out.")(done);
  };
  return (
    <Section
      name="Password"
      note={
        setAt ? (
          <>
            Set <When at={setAt} />.
          </>
        ) : (
          "You have none."
        )
      }
    >
      <form className="stack" onSubmit={change}>
        <label>
          Present password
          <input
            type="password"
            autoComplete="current-password"
            value={present}
            onChange={({ target }) => setPresent(target.value)}
            required
          />
        </label>
        <label>
          New password
          <input
            type="password"
            autoComplete="new-password"
            value={chosen}
            onChange={({ target }) => setChosen(target.value)}
            minLength={15}
            required
          />
          <span className="quiet">
            At least 15 characters. Several words in a row are good, and easy to remember.
          </span>
        </label>
        {code !== null && <CodeField code={code} typed={setCode} />}
        <p>
          <button type="submit" className="primary" disabled={busy}>
            {busy ? "Checking…" : "Change the password"}
          </button>
        </p>
      </form>
    </Section>
  );
}

function Sessions(props: {
  sessions: Session[];
  end: (sessionId: string | null) => Promise<Done>;
  show: Show;
}) {
  const others = props.sessions.filter(({ current }) => !current);
  return (
    <Section
      name="Where you are signed in"
      note="Browsers and programs. Each ends by itself after 12 hours."
      aside={
        others.length > 0 && (
          <Confirm
            button="End all others"
            title="End all other sessions?"
            danger
            effects={
              <p>
                {counted(others.length, "session")} {others.length === 1 ? "is" : "are"} over at
                once. This one goes on.
              </p>
            }
            act="End them"
            onConfirm={() => props.end(null)}
            onDone={props.show("All other sessions are over.")}
          />
        )
      }
    >
      <ul className="rows">
        {props.sessions.map((one) => (
          <li key={one.id} className="row">
            <div>
              Signed in {relative(one.signedInAt)}
              {one.current && " · here"}
              <br />
              <span className="quiet">
                {moment(one.signedInAt)} · ends {relative(one.expiresAt)}
              </span>
            </div>
            {!one.current && (
              <Confirm
                button="End"
                label={`End the session of ${moment(one.signedInAt)}`}
                title="End this session?"
                danger
                effects={<p>Whoever uses it is signed out at once.</p>}
                act="End it"
                onConfirm={() => props.end(one.id)}
                onDone={props.show("That session is over.")}
              />
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
