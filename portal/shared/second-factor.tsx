/** A second factor: setting it up with an authenticator, and removing it. */

import { type FormEvent, useState } from "react";
import { encode } from "uqr";
import { type Answer, type Done, send } from "./client";
import { counted } from "./format";
import { showPasskey } from "./passkey";
import { AGAIN, useProof } from "./proof";
import { Copyable, Section, When } from "./ui";

type Show = (what: string) => (done: Done) => void;

interface Begun {
  secret: string;
  address: string;
  setup: string;
}

/** What there is, and what one can do about it. */
export function SecondFactor(props: {
  factor: { setAt: string; recoveryCodesLeft: number } | null;
  show: Show;
  /** What happens once it is set up and the recovery codes are kept. */
  then?: () => void;
}) {
  const { factor, show } = props;
  const [begun, setBegun] = useState<Begun | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  return (
    <Section
      name="Second factor"
      note={
        factor ? (
          <>
            A code of your authenticator is asked for since <When at={factor.setAt} />.{" "}
            {counted(factor.recoveryCodesLeft, "recovery code")} left.
          </>
        ) : (
          "None. With one, a stolen password alone lets nobody in."
        )
      }
    >
      {codes ? (
        <Codes
          codes={codes}
          close={() => {
            setCodes(null);
            props.then?.();
          }}
        />
      ) : begun ? (
        <First
          begun={begun}
          stop={() => setBegun(null)}
          done={(given) => {
            setBegun(null);
            setCodes(given);
            show("The second factor is set up.")({ ok: true, position: null, data: null });
          }}
        />
      ) : factor ? (
        <Remove show={show} />
      ) : (
        <Begin begun={setBegun} />
      )}
    </Section>
  );
}

/** A form whose refusal is told above its button. */
function Asking(props: {
  act: string;
  danger?: boolean;
  ask: () => Promise<Answer<unknown>>;
  stop?: () => void;
  children: React.ReactNode;
}) {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const answer = await props.ask();
    setBusy(false);
    setRefused(answer.ok ? null : answer.message);
  };
  return (
    <form className="stack" onSubmit={submit}>
      {props.children}
      {refused && (
        <p className="refused" role="alert">
          {refused}
        </p>
      )}
      <p className="acts">
        <button type="submit" className={props.danger ? "danger" : "primary"} disabled={busy}>
          {busy ? "Checking…" : props.act}
        </button>
        {props.stop && (
          <button type="button" onClick={props.stop}>
            Not now
          </button>
        )}
      </p>
    </form>
  );
}

function Field(props: {
  name: string;
  value: string;
  set: (to: string) => void;
  password?: boolean;
}) {
  return (
    <label>
      {props.name}
      <input
        type={props.password ? "password" : "text"}
        autoComplete={props.password ? "current-password" : "one-time-code"}
        value={props.value}
        onChange={({ target }) => props.set(target.value)}
        required
      />
    </label>
  );
}

function Begin({ begun }: { begun: (told: Begun) => void }) {
  const [password, setPassword] = useState("");
  const ask = async () => {
    let answer = await send<Begun>("/second-factor", { password });
    if (!answer.ok && answer.code === "PASSKEY_NEEDED") {
      const shown = await showPasskey();
      if (!shown.ok) return shown;
      answer = await send<Begun>("/second-factor", { password });
    }
    if (answer.ok && answer.data) begun(answer.data);
    return answer;
  };
  return (
    <Asking act="Set it up" ask={ask}>
      <Password value={password} set={setPassword} />
    </Asking>
  );
}

/** The password; or that one came through one's organization a moment ago, which stands for it. */
function Password(props: { value: string; set: (to: string) => void }) {
  const known = useProof();
  if (known?.at !== "organization") {
    return <Field name="Your password" value={props.value} set={props.set} password />;
  }
  return known.proven ? null : (
    <p>
      <a href={AGAIN} target="_blank" rel="noreferrer">
        Sign in at your organization again
      </a>
      , in a new window. Then go on here.
    </p>
  );
}

function First(props: { begun: Begun; stop: () => void; done: (codes: string[]) => void }) {
  const { begun } = props;
  const [code, setCode] = useState("");
  const ask = async () => {
    const answer = await send<{ recoveryCodes: string[] }>("/second-factor/confirm", {
      setup: begun.setup,
      code,
    });
    if (answer.ok && answer.data) props.done(answer.data.recoveryCodes);
    return answer;
  };
  return (
    <Asking act="Confirm" ask={ask} stop={props.stop}>
      <p>Let your authenticator read this picture, or type the secret into it.</p>
      <Picture of={begun.address} />
      <p>
        <Copyable text={begun.secret} label="the secret" />
      </p>
      <Field name="The six digits that it shows" value={code} set={setCode} />
    </Asking>
  );
}

/** A QR code. Dark on light in both themes: cameras expect that. */
function Picture({ of }: { of: string }) {
  const { data, size } = encode(of, { border: 2 });
  const dark = data.flatMap((row, y) => row.flatMap((is, x) => (is ? [`M${x} ${y}h1v1h-1z`] : [])));
  return (
    <svg
      className="qr"
      viewBox={`0 0 ${size} ${size}`}
      width="200"
      height="200"
      role="img"
      aria-label="The secret as a picture for your authenticator"
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} />
      <path d={dark.join("")} />
    </svg>
  );
}

function Codes({ codes, close }: { codes: string[]; close: () => void }) {
  return (
    <div className="stack">
      <p>
        <strong>Keep these recovery codes.</strong> Each lets you in once when your authenticator is
        lost. They are shown this once.
      </p>
      <ul className="codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p className="acts">
        <button type="button" onClick={() => navigator.clipboard?.writeText(codes.join("\n"))}>
          Copy all
        </button>
        <button type="button" className="primary" onClick={close}>
          I have them
        </button>
      </p>
    </div>
  );
}

function Remove({ show }: { show: Show }) {
  const [asked, setAsked] = useState(false);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  if (!asked) {
    return (
      <button type="button" onClick={() => setAsked(true)}>
        Remove it
      </button>
    );
  }
  const ask = async () => {
    const answer = await send<null>("/second-factor/remove", { password, code });
    if (answer.ok) show("The second factor is removed.")(answer);
    return answer;
  };
  return (
    <Asking act="Remove it" danger ask={ask} stop={() => setAsked(false)}>
      <Password value={password} set={setPassword} />
      <Field name="A code, or a recovery code" value={code} set={setCode} />
    </Asking>
  );
}
