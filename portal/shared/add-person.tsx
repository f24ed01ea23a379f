/** Adding a person to an account, who then gets a link to choose a password. */

import { useState } from "react";
import type { Done } from "./client";
import { linkOf, type Made, type Make } from "./password-link";
import { type MemberRole, RoleField } from "./roles";
import { Confirm } from "./ui";

/** What is typed about a person. */
export interface Person {
  name: string;
  email: string;
  role: MemberRole;
}

/** The button with its form. */
export function AddPerson(props: {
  /** Where to. */
  account: string;
  main?: boolean;
  /** Whether whoever adds may give no role: who only looks after the account for a while. */
  plain?: boolean;
  add: (person: Person) => Promise<Done<{ memberAdd?: { member?: { id: string } | null } | null }>>;
  make: Make;
  made: (link: Made) => void;
  show: (what: string) => (done: Done) => void;
}) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<MemberRole>("MEMBER");
  return (
    <Confirm
      main={props.main ?? false}
      button="Add a person"
      title={`Add a person to ${props.account}`}
      ready={name.trim() !== "" && email.includes("@")}
      effects={
        <div className="stack">
          <label>
            Name
            <input value={name} onChange={({ target }) => setName(target.value)} required />
          </label>
          <label>
            E-mail, to sign in with
            <input
              type="email"
              value={email}
              onChange={({ target }) => setEmail(target.value)}
              required
            />
          </label>
          {!props.plain && <RoleField role={role} choose={setRole} />}
          <p className="quiet">You get a link for them, with which they choose a password.</p>
        </div>
      }
      act="Add"
      keep="Not now"
      onConfirm={() => props.add({ name, email, role })}
      onDone={async (done) => {
        props.show(`${name} is added.`)(done);
        const added = done.ok ? done.data.memberAdd?.member : null;
        if (!added) return;
        const link = linkOf(await props.make(added.id), name);
        if (link) props.made(link);
        setName("");
        setEmail("");
        setRole("MEMBER");
      }}
    />
  );
}
