/** Opening an account: for an organization, or for a person who is the only one in it. */

import { useState } from "react";
import { useLocation } from "wouter";
import { useChange } from "../../../shared/client";
import { Confirm } from "../../../shared/ui";
import { AccountOpenDocument, type Party } from "../../operations.generated";

/** The button. */
export function OpenAccount() {
  const open = useChange(AccountOpenDocument);
  const [, go] = useLocation();
  const [party, setParty] = useState<Party>("ORGANIZATION");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [number, setNumber] = useState("");
  const alone = party === "PERSON";
  return (
    <Confirm
      main
      button="Open an account"
      title="Open an account"
      ready={name.trim() !== "" && (!alone || email.includes("@"))}
      effects={
        <div className="stack">
          <label>
            For
            <select value={party} onChange={({ target }) => setParty(target.value as Party)}>
              <option value="ORGANIZATION">An organization</option>
              <option value="PERSON">A person</option>
            </select>
          </label>
          <label>
            {alone ? "Name of the person" : "Name"}
            <input value={name} onChange={({ target }) => setName(target.value)} required />
          </label>
          {alone && (
            <label>
              E-mail, to sign in with
              <input
                type="email"
                value={email}
                onChange={({ target }) => setEmail(target.value)}
                required
              />
            </label>
          )}
          <label>
            Your number for it (may stay empty)
            <input value={number} onChange={({ target }) => setNumber(target.value)} />
          </label>
          <p className="quiet">
            {alone
              ? "The person is the only one in it and manages it. It can become an organization’s later, and keeps all that it has."
              : "You add its first admin on its page."}
          </p>
        </div>
      }
      act="Open it"
      keep="Not now"
      onConfirm={() =>
        open({
          name: name.trim(),
          party,
          email: alone ? email.trim() : null,
          externalId: number.trim() || null,
        })
      }
      onDone={(done) => {
        const opened = done.ok ? done.data.accountOpen?.account : null;
        if (opened) go(`/customers/${opened.id}`);
      }}
    />
  );
}
