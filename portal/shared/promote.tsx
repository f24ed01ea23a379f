/** The account of a person that becomes an organization's. */

import { useState } from "react";
import type { Done } from "./client";
import { Confirm } from "./ui";

/** The button, with what it brings and that it is final. */
export function Promote(props: {
  /** Whose account it is: "you", or the name of the person. */
  whose: string;
  promote: (name: string) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const [name, setName] = useState("");
  return (
    <Confirm
      button="Become an organization"
      title="Make it the account of an organization?"
      ready={name.trim() !== ""}
      effects={
        <div className="stack">
          <p>
            It keeps its licenses, keys, seats, devices and history, and {props.whose} stay
            {props.whose === "you" ? "" : "s"} its admin. From then on others can join it, and
            accounts can be opened below it.
          </p>
          <p>
            <strong>It cannot be undone.</strong> An organization never becomes a person’s account
            again.
          </p>
          <label>
            Name of the organization
            <input
              value={name}
              onChange={({ target }) => setName(target.value)}
              autoComplete="organization"
            />
            <span className="quiet">
              It is nobody’s own name: it stays when a person is erased.
            </span>
          </label>
        </div>
      }
      act="Make it an organization’s"
      keep="Not now"
      onConfirm={() => props.promote(name.trim())}
      onDone={props.show("It is the account of an organization now.")}
    />
  );
}
