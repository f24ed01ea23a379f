/** Erasing a person: what is gone, what stays, why. */

import { useState } from "react";
import type { Done } from "../client";
import { day } from "../format";
import { Ask } from "../ui";
import type { Asking } from "./each";
import { GroundField } from "./for-good";
import type { Ground } from "./grounds";
import { named } from "./shown";

/** A legal matter for which nobody is erased. */
export interface Held {
  matter: string;
  accountId: string;
  accountName?: string | null;
  placedAt: string;
}

/** What was erased. */
export interface Erased {
  memberId: string;
  accountId: string;
  ground: Ground;
  position: string;
}

/** The dialog. */
export function Erase(props: Asking & { held: Held[]; erased: (erased: Erased) => void }) {
  const { member, changes, show, close, held } = props;
  const [ground, setGround] = useState<Ground>("NO_LONGER_NEEDED");
  const name = named(member);
  const done = (answer: Done) => {
    if (answer.ok && answer.position) {
      const { id: memberId, accountId } = member;
      props.erased({ memberId, accountId, ground, position: answer.position });
    }
    show("The personal data is erased.")(answer);
  };
  return (
    <Ask
      close={close}
      title={`Erase the personal data of ${name} for good?`}
      danger
      effects={
        <>
          <div>
            <p>
              <strong>Gone for good</strong>, in every copy, and nobody can bring it back:
            </p>
            <ul className="points">
              <li>the name and the e-mail, also in all that was told before</li>
              <li>the password, the second factor, sessions and programs’ tokens</li>
              <li>the seats, which are free for somebody else, and so is the e-mail</li>
            </ul>
          </div>
          <div>
            <p>
              <strong>What stays</strong>, without a name:
            </p>
            <ul className="points">
              <li>what happened, told of “somebody whose data was erased”</li>
              <li>devices, and names that somebody typed elsewhere, such as that of a device</li>
            </ul>
          </div>
          <GroundField whose={member.id} ground={ground} choose={setGround} />
          <Why held={held} />
        </>
      }
      act="Erase for good"
      onConfirm={() => changes.erase({ memberId: member.id, ground })}
      onDone={done}
    />
  );
}

/** Why it will be refused. */
function Why({ held }: { held: Held[] }) {
  if (held.length === 0) return null;
  return (
    <div className="refused">
      <p>
        <strong>A legal hold stands against it.</strong> Nobody of this account may be erased as
        long as there is one:
      </p>
      <ul className="points">
        {held.map((one) => (
          <li key={`${one.accountId} ${one.matter}`}>
            {one.matter}, since {day(one.placedAt)}
            {one.accountName && `, on ${one.accountName}`}
          </li>
        ))}
      </ul>
    </div>
  );
}
