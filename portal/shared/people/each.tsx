/** The dialogs of what is done about one person. */

import { useState } from "react";
import { day } from "../format";
import { type MemberRole, ROLES, RoleField } from "../roles";
import { Ask } from "../ui";
import { type Changes, named, type Person, type Show } from "./shown";

/** What each of them is given. */
export interface Asking {
  member: Person;
  changes: Changes;
  show: Show;
  close: () => void;
}

export function Role({ member, changes, show, close }: Asking) {
  const [role, setRole] = useState<MemberRole>(member.role);
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`What may ${name} do?`}
      ready={role !== member.role}
      effects={
        <div className="stack">
          <RoleField role={role} choose={setRole} />
          <p>It holds at once, also where {name} is signed in already.</p>
        </div>
      }
      act="Change it"
      onConfirm={() => changes.changeRole({ memberId: member.id, role })}
      onDone={show(`${name}: ${ROLES[role]}.`)}
    />
  );
}

export function Codes({ member, changes, show, close }: Asking) {
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`No longer ask ${name} for a code?`}
      danger
      effects={
        <div className="stack">
          <p>
            For somebody who lost their authenticator and their recovery codes, or the device with
            their passkeys. {name} then signs in with the password alone, until they set up a second
            factor or a passkey again.
          </p>
          <p>
            Make sure first that it is {name} who asks, as when you let them in: face to face, or by
            calling a number that you had before. A mail or a message is not enough: whoever has the
            password of {name} may have written it.
          </p>
        </div>
      }
      act="No longer ask"
      onConfirm={() => changes.removeSecondFactor({ memberId: member.id })}
      onDone={show(`${name} signs in without a code.`)}
    />
  );
}

export function Sessions({ member, changes, show, close }: Asking) {
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`Sign ${name} out everywhere?`}
      danger
      effects={
        <p>
          For somebody who lost a phone or a laptop that was signed in. Every session of {name} ends
          at once; {name} can sign in again. Tokens of programs go on: end those as well if they
          were on it too.
        </p>
      }
      act="Sign out"
      onConfirm={() => changes.endSessions({ memberId: member.id })}
      onDone={show(`${name} is signed out everywhere.`)}
    />
  );
}

export function Unlink({ member, changes, show, close }: Asking) {
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`Unlink ${name} from single sign-on?`}
      danger
      effects={
        <>
          <p>
            For somebody who was made anew at the organization’s own sign-in, or is somebody else
            there now. Who {name} is there
            {member.linkedSince && `, known since ${day(member.linkedSince)},`} is forgotten;
            sessions that began there end at once.
          </p>
          <p>
            The next time {name} signs in there, the e-mail that it has verified says again who it
            is: {member.email}. Everything else of {name} stays.
          </p>
        </>
      }
      act="Unlink"
      onConfirm={() => changes.unlinkIdentity({ memberId: member.id })}
      onDone={show(`${name} is unlinked, and is linked anew by the next single sign-on.`)}
    />
  );
}

export function Suspend({ member, changes, show, close }: Asking) {
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`Suspend ${name}?`}
      danger
      effects={
        <p>
          {name} is signed out everywhere at once and cannot sign in until restored. Seats and
          devices stay as they are. The personal data of who is suspended can be erased here.
        </p>
      }
      act="Suspend"
      onConfirm={() => changes.suspend({ memberId: member.id })}
      onDone={show(`${name} is suspended.`)}
    />
  );
}

export function Restore({ member, changes, show, close }: Asking) {
  const name = named(member);
  return (
    <Ask
      close={close}
      title={`Let ${name} in again?`}
      effects={
        <p>
          {name} is suspended{member.suspendedAt && ` since ${day(member.suspendedAt)}`}. From now
          on they can sign in again as they did before.
        </p>
      }
      act="Restore"
      onConfirm={() => changes.restore({ memberId: member.id })}
      onDone={show(`${name} may sign in again.`)}
    />
  );
}
