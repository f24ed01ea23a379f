/** What is done about a person: the role, the way in, keeping out, erasing. */

import { type ReactNode, useState } from "react";
import { useChange } from "../../../shared/client";
import { day } from "../../../shared/format";
import { type Made, MakeLink } from "../../../shared/password-link";
import { type MemberRole, ROLES, RoleField } from "../../../shared/roles";
import { Confirm } from "../../../shared/ui";
import {
  type ErasureGround,
  MemberChangeRoleDocument,
  MemberEndSessionsDocument,
  MemberEraseDocument,
  MemberRemoveSecondFactorDocument,
  MemberRestoreDocument,
  MemberSuspendDocument,
  PasswordLinkMakeDocument,
} from "../../operations.generated";
import { type Member, named, type Show } from "./shown";

interface Acting {
  member: Member;
  show: Show;
  made: (link: Made) => void;
}

/** What may be done about a person. */
export function Acts({ member, show, made, grant }: Acting & { grant: ReactNode }) {
  const make = useChange(PasswordLinkMakeDocument);
  const { may } = member;
  return (
    <div className="acts">
      {may.includes("SET_ROLES") && <Role member={member} show={show} />}
      {grant}
      {may.includes("MANAGE_SIGN_IN") && (
        <>
          <MakeLink
            member={member}
            name={named(member)}
            make={(memberId) => make({ memberId })}
            made={made}
            show={show}
          />
          <Codes member={member} show={show} />
          <Sessions member={member} show={show} />
        </>
      )}
      {may.includes("MANAGE_PEOPLE") && <InOrOut member={member} show={show} />}
    </div>
  );
}

function InOrOut({ member, show }: Omit<Acting, "made">) {
  return (
    <>
      {member.suspendedAt ? (
        <>
          <Restore member={member} show={show} since={member.suspendedAt} />
          <Erase member={member} show={show} />
        </>
      ) : (
        <Suspend member={member} show={show} />
      )}
    </>
  );
}

function Role({ member, show }: Omit<Acting, "made">) {
  const change = useChange(MemberChangeRoleDocument);
  const [role, setRole] = useState<MemberRole>(member.role);
  const name = named(member);
  return (
    <Confirm
      button="Role"
      label={`Role of ${name}`}
      title={`What may ${name} do?`}
      ready={role !== member.role}
      effects={
        <div className="stack">
          <RoleField role={role} choose={setRole} />
          <p>It holds at once, also where {name} is signed in already.</p>
        </div>
      }
      act="Change it"
      onConfirm={() => change({ memberId: member.id, role })}
      onDone={show(`${name}: ${ROLES[role]}.`)}
    />
  );
}

function Codes({ member, show }: Omit<Acting, "made">) {
  const remove = useChange(MemberRemoveSecondFactorDocument);
  const name = named(member);
  return (
    <Confirm
      button="Codes"
      label={`Codes of ${name}`}
      title={`No longer ask ${name} for a code?`}
      danger
      effects={
        <div className="stack">
          <p>
            For somebody who lost their authenticator and their recovery codes. {name} then signs in
            with the password alone, until they set up a second factor again. Where none is set up,
            nothing changes.
          </p>
          <p>
            Make sure first that it is {name} who asks, as when you let them in: face to face, or by
            calling a number that you had before. A mail or a message is not enough: whoever has the
            password of {name} may have written it.
          </p>
        </div>
      }
      act="No longer ask"
      onConfirm={() => remove({ memberId: member.id })}
      onDone={show(`${name} signs in without a code.`)}
    />
  );
}

function Sessions({ member, show }: Omit<Acting, "made">) {
  const end = useChange(MemberEndSessionsDocument);
  const name = named(member);
  return (
    <Confirm
      button="Sessions"
      label={`Sessions of ${name}`}
      title={`Sign ${name} out everywhere?`}
      danger
      effects={
        <p>
          For somebody who lost a phone or a laptop that was signed in. Every session of {name} ends
          at once; {name} can sign in again. Tokens of programs go on: end those below if they were
          on it too.
        </p>
      }
      act="Sign out"
      onConfirm={() => end({ memberId: member.id })}
      onDone={show(`${name} is signed out everywhere.`)}
    />
  );
}

function Suspend({ member, show }: Omit<Acting, "made">) {
  const suspend = useChange(MemberSuspendDocument);
  const name = named(member);
  return (
    <Confirm
      button="Suspend"
      label={`Suspend ${name}`}
      title={`Suspend ${name}?`}
      danger
      effects={
        <p>
          {name} is signed out everywhere at once and cannot sign in until you restore them. Seats
          and devices stay as they are. The personal data of who is suspended can be erased here.
        </p>
      }
      act="Suspend"
      onConfirm={() => suspend({ memberId: member.id })}
      onDone={show(`${name} is suspended.`)}
    />
  );
}

function Restore({ member, show, since }: Omit<Acting, "made"> & { since: string }) {
  const restore = useChange(MemberRestoreDocument);
  const name = named(member);
  return (
    <Confirm
      button="Restore"
      label={`Restore ${name}`}
      title={`Let ${name} in again?`}
      effects={
        <p>
          {name} is suspended since {day(since)}. From now on they can sign in again with the
          password they had.
        </p>
      }
      act="Restore"
      onConfirm={() => restore({ memberId: member.id })}
      onDone={show(`${name} may sign in again.`)}
    />
  );
}

/** Why personal data has to be erased, as one says it. */
const GROUNDS: Record<ErasureGround, string> = {
  NO_LONGER_NEEDED: "It is no longer needed: the person left, for instance",
  CONSENT_WITHDRAWN: "The person withdrew the consent",
  OBJECTION: "The person objects",
  UNLAWFUL: "It should never have been kept",
  LEGAL_OBLIGATION: "The law demands it",
};

function Erase({ member, show }: Omit<Acting, "made">) {
  const erase = useChange(MemberEraseDocument);
  const [ground, setGround] = useState<ErasureGround>("NO_LONGER_NEEDED");
  const name = named(member);
  return (
    <Confirm
      button="Erase"
      label={`Erase ${name}`}
      title={`Erase the personal data of ${name} for good?`}
      danger
      effects={
        <>
          <p>
            Name, e-mail and everything that lets {name} in are destroyed, and nobody can bring them
            back. Seats and the e-mail are free at once. What happened stays told, without the name.
          </p>
          <label>
            Why
            <select
              value={ground}
              onChange={({ target }) => setGround(target.value as ErasureGround)}
            >
              {Object.entries(GROUNDS).map(([one, words]) => (
                <option key={one} value={one}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </>
      }
      act="Erase for good"
      onConfirm={() => erase({ memberId: member.id, ground })}
      onDone={show(`The personal data of ${name} is erased.`)}
    />
  );
}
