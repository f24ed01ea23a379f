/** The people of an organization: who they are, what they may do, and who gets in. */

import { useState } from "react";
import { AddPerson } from "../../shared/add-person";
import { useAddress, useTyped } from "../../shared/address";
import { type Done, useChange, usePage } from "../../shared/client";
import { counted, day } from "../../shared/format";
import { Pages } from "../../shared/parts";
import { Handed, type Made, MakeLink } from "../../shared/password-link";
import { type MemberRole, ROLES, RoleField } from "../../shared/roles";
import { Answered, Confirm, Recorded, Section, Title } from "../../shared/ui";
import {
  AccountDemandSecondFactorDocument,
  type ErasureGround,
  MemberAddDocument,
  MemberChangeRoleDocument,
  MemberEraseDocument,
  MemberRemoveSecondFactorDocument,
  MemberRestoreDocument,
  MemberSuspendDocument,
  PasswordLinkMakeDocument,
  PeopleDocument,
  type PeopleQuery,
} from "../operations.generated";

const ROWS = 25;

type Member = NonNullable<PeopleQuery["account"]>["people"]["nodes"][number];

/** The page. */
export default function People() {
  const { search, say } = useAddress();
  const after = search.get("after");
  const text = search.get("text") ?? "";
  const [typed, setTyped] = useTyped(text, (rested) => say({ text: rested, after: null }));
  const page = usePage(PeopleDocument, { first: ROWS, after, text });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const add = useChange(MemberAddDocument);
  const make = useChange(PasswordLinkMakeDocument);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    page.retry();
  };
  return (
    <Answered page={page} rows={8}>
      {({ account, viewer }) => {
        const may = viewer.member?.role === "ORG_ADMIN";
        const members = account?.people;
        return (
          <>
            <Title
              window="People"
              aside={
                may &&
                account && (
                  <AddPerson
                    main
                    account={account.name ?? "your organization"}
                    add={(person) => add({ accountId: account.id, ...person })}
                    make={(memberId) => make({ memberId })}
                    made={setMade}
                    show={show}
                  />
                )
              }
            >
              People
            </Title>
            <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
            {made && <Handed made={made} origin={location.origin} close={() => setMade(null)} />}
            <search className="filters">
              <label>
                Search
                <input
                  type="search"
                  value={typed}
                  placeholder="Name or e-mail"
                  onChange={({ target }) => setTyped(target.value)}
                />
              </label>
            </search>
            <p className="quiet" role="status">
              {counted(members?.totalCount ?? 0, "person", "people")}
              {text ? " found" : ` of ${account?.name} and the accounts below it`}
            </p>
            <table className="table cards">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">May</th>
                  <th scope="col">Second factor</th>
                  <th scope="col">Since</th>
                  {may && <th scope="col">Change</th>}
                </tr>
              </thead>
              <tbody>
                {(members?.nodes ?? []).map((member) => (
                  <tr key={member.id}>
                    <th scope="row">
                      {member.name ?? "Name was erased"}
                      {member.suspendedAt && <span className="status bad">Suspended</span>}
                      <br />
                      <span className="quiet">
                        {member.email}
                        {member.accountId !== account?.id && ` · ${member.accountName}`}
                      </span>
                    </th>
                    <td data-name="May">{ROLES[member.role]}</td>
                    <td data-name="Second factor">
                      {member.secondFactorSince ? (
                        `since ${day(member.secondFactorSince)}`
                      ) : (
                        <span className={account?.secondFactorDemanded ? undefined : "quiet"}>
                          none
                        </span>
                      )}
                    </td>
                    <td data-name="Since">{day(member.addedAt)}</td>
                    {may && (
                      <td data-name="Change">
                        {member.id === viewer.member?.id ? (
                          <span className="quiet">This is you</span>
                        ) : (
                          <Acts member={member} show={show} made={setMade} />
                        )}
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
            {account && <Rule account={account} may={may} show={show} />}
            {members && (
              <Pages
                after={after}
                info={members.pageInfo}
                go={(to) => say({ after: to }, { back: true })}
              />
            )}
          </>
        );
      }}
    </Answered>
  );
}

/** Whether everybody signs in with a code as well, and who decides that. */
function Rule(props: {
  account: NonNullable<PeopleQuery["account"]>;
  may: boolean;
  show: (what: string) => (done: Done) => void;
}) {
  const { account, may, show } = props;
  const set = useChange(AccountDemandSecondFactorDocument);
  const { secondFactorRule: rule, secondFactorDemanded: demanded } = account;
  const without = account.peopleWithoutSecondFactor;
  const accountId = account.id;
  return (
    <Section
      name="Second factor"
      note={
        demanded
          ? `Everybody of ${account.name} and of the accounts below it signs in with a code of an authenticator as well.${
              rule ? "" : " An account above it demands that."
            }`
          : "Each person decides. A stolen password alone lets somebody in who has none."
      }
      aside={
        may &&
        (rule ? (
          <Confirm
            button="Leave it to each person"
            title="No longer demand a second factor?"
            effects={
              <p>
                Who has a second factor keeps it and may remove it. Who has none can work again at
                once.
              </p>
            }
            act="Leave it to each person"
            onConfirm={() => set({ accountId, demanded: false })}
            onDone={show("A second factor is each person’s own choice again.")}
          />
        ) : (
          <Confirm
            button="Demand one of everybody"
            title="Demand a second factor of everybody?"
            effects={
              <p>
                {without === 0
                  ? "Everybody has one already. Whoever joins later sets one up at the first sign-in."
                  : `${counted(without, "person has none", "people have none")}: from their next click on they can do nothing but set one up. Programs that sign in as them are refused until then.`}
              </p>
            }
            act="Demand it"
            onConfirm={() => set({ accountId, demanded: true })}
            onDone={show("A second factor is demanded of everybody from now on.")}
          />
        ))
      }
    >
      <p>
        {without === 0
          ? "Everybody has one."
          : `${counted(without, "person has none", "people have none")}.`}
      </p>
    </Section>
  );
}

interface Acting {
  member: Member;
  show: (what: string) => (done: Done) => void;
  made: (link: Made) => void;
}

function Acts({ member, show, made }: Acting) {
  const make = useChange(PasswordLinkMakeDocument);
  return (
    <div className="acts">
      <Role member={member} show={show} />
      <MakeLink
        member={member}
        name={named(member)}
        make={(memberId) => make({ memberId })}
        made={made}
        show={show}
      />
      <Codes member={member} show={show} />
      {member.suspendedAt ? (
        <>
          <Restore member={member} show={show} since={member.suspendedAt} />
          <Erase member={member} show={show} />
        </>
      ) : (
        <Suspend member={member} show={show} />
      )}
    </div>
  );
}

function named({ name, email }: Member): string {
  return name ?? email ?? "this person";
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
        <p>
          For somebody who lost their authenticator and their recovery codes. {name} then signs in
          with the password alone, until they set up a second factor again. Where none is set up,
          nothing changes.
        </p>
      }
      act="No longer ask"
      onConfirm={() => remove({ memberId: member.id })}
      onDone={show(`${name} signs in without a code.`)}
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
