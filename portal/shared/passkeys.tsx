/** Passkeys: adding one, and removing one that is no longer used. */

import { type FormEvent, useContext, useState } from "react";
import { type Answer, type Done, Prove, send } from "./client";
import { knowsPasskeys, makePasskey, showPasskey } from "./passkey";
import { Confirm, Section, When } from "./ui";

type Show = (what: string) => (done: Done) => void;

/** A passkey, as pages ask for it. */
export interface Passkey {
  id: string;
  name: string;
  addedAt: string;
  usedAt?: string | null;
  synced: boolean;
}

/** Does what takes a proof of who one is: where one is missing, asks for it and goes on. */
function useProven() {
  const prove = useContext(Prove);
  return async function proven<Data>(act: () => Promise<Answer<Data>>): Promise<Answer<Data>> {
    const first = await act();
    if (first.ok) return first;
    if (first.code === "PROOF_NEEDED" && (await prove())) return act();
    if (first.code === "PASSKEY_NEEDED") {
      const shown = await showPasskey();
      return shown.ok ? act() : shown;
    }
    return first;
  };
}

/** What there are, and what one can do about it. */
export function Passkeys({ passkeys, show }: { passkeys: Passkey[]; show: Show }) {
  const proven = useProven();
  return (
    <Section
      name="Passkeys"
      note="A passkey signs you in with the fingerprint, face or PIN of a device of yours: no password, no code, and nothing that could be given away on a false page."
    >
      {passkeys.length > 0 && (
        <ul className="rows">
          {passkeys.map((one) => (
            <li key={one.id} className="row">
              <div>
                {one.name}
                <br />
                <span className="quiet">
                  Added <When at={one.addedAt} />
                  {one.usedAt ? (
                    <>
                      , last used <When at={one.usedAt} />
                    </>
                  ) : (
                    ", not used since"
                  )}
                  {one.synced && " · on your other devices too"}
                </span>
              </div>
              <Confirm
                button="Remove"
                label={`Remove ${one.name}`}
                title="Remove this passkey?"
                danger
                effects={
                  <p>
                    {one.name} lets nobody in any more. Wherever it was used, somebody is signed out
                    at once; here you stay signed in. Delete it on the device as well.
                  </p>
                }
                act="Remove it"
                onConfirm={() => proven(() => send<null>("/passkeys/remove", { passkey: one.id }))}
                onDone={show(`${one.name} is removed.`)}
              />
            </li>
          ))}
        </ul>
      )}
      <AddPasskey added={(name) => show(`${name} is added.`)} />
    </Section>
  );
}

/** Adds one of this device. */
export function AddPasskey({ added }: { added: (name: string) => (done: Done) => void }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const proven = useProven();
  if (!knowsPasskeys()) {
    return <p className="quiet">This browser, or this address, cannot make passkeys.</p>;
  }
  const add = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const answer = await proven(() => makePasskey(name.trim()));
    setBusy(false);
    setRefused(answer.ok ? null : answer.message);
    if (answer.ok) {
      setName("");
      added(name.trim())(answer);
    }
  };
  return (
    <form className="stack" onSubmit={add}>
      <label>
        What you call it
        <input
          value={name}
          onChange={({ target }) => setName(target.value)}
          placeholder="Work laptop"
          autoComplete="off"
          required
        />
      </label>
      {refused && (
        <p className="refused" role="alert">
          {refused}
        </p>
      )}
      <p>
        <button type="submit" className="primary" disabled={busy}>
          {busy ? "Waiting for your device…" : "Add a passkey"}
        </button>
      </p>
    </form>
  );
}
