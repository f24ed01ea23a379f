/** The people of an organization: who they are, what they may do, and who gets in. */

import { useState } from "react";
import { AddPerson } from "../../shared/add-person";
import { useAddress, useTyped } from "../../shared/address";
import { type Done, useChange, usePage } from "../../shared/client";
import { counted, day } from "../../shared/format";
import { Granted, givable } from "../../shared/grants";
import { Partners } from "../../shared/partners";
import { Pages } from "../../shared/parts";
import { Handed, type Made } from "../../shared/password-link";
import { Programs } from "../../shared/programs";
import { ROLES } from "../../shared/roles";
import { Answered, Confirm, Recorded, Section, Title } from "../../shared/ui";
import {
  AccountDemandSecondFactorDocument,
  ApiTokenRevokeDocument,
  MemberAddDocument,
  PartnerUnlinkDocument,
  PasswordLinkMakeDocument,
  PeopleDocument,
  RoleGrantEndDocument,
} from "../operations.generated";
import { Acts } from "./people/acts";
import { Grants } from "./people/grants";
import type { Account, Show } from "./people/shown";
import { SingleSignOn } from "./people/single-sign-on";

const ROWS = 25;

/** The page. */
export default function People() {
  const { search, say } = useAddress();
  const after = search.get("after");
  const text = search.get("text") ?? "";
  const [typed, setTyped] = useTyped(text, (rested) => say({ text: rested, after: null }));
  const asked = search.get("account");
  const [own, setOwn] = useState<string | null>(null);
  const page = usePage(PeopleDocument, { account: asked ?? own, first: ROWS, after, text });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const add = useChange(MemberAddDocument);
  const make = useChange(PasswordLinkMakeDocument);
  const end = useChange(RoleGrantEndDocument);
  const unlink = useChange(PartnerUnlinkDocument);
  const revoke = useChange(ApiTokenRevokeDocument);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    page.retry();
  };
  return (
    <Answered page={page} rows={8}>
      {({ account, viewer }) => {
        const [first] = viewer.accounts;
        // Who looks after another account than its own begins with that one.
        if (first && account && !asked && !own && !account.may.includes("SEE_WHOLE_ACCOUNT")) {
          setOwn(first.id);
        }
        const rights = account?.may ?? [];
        const may = rights.includes("MANAGE_PEOPLE");
        const members = account?.people;
        const roles = givable(rights);
        const acts = may || roles.length > 0;
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
                    plain={!rights.includes("SET_ROLES")}
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
              {viewer.accounts.length > 1 && (
                <label>
                  Organization
                  <select
                    value={account?.id ?? ""}
                    onChange={({ target }) =>
                      say({ account: target.value, after: null }, { back: true })
                    }
                  >
                    {viewer.accounts.map(({ id, name }) => (
                      <option key={id} value={id}>
                        {name ?? "Name was erased"}
                      </option>
                    ))}
                  </select>
                </label>
              )}
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
                  {acts && <th scope="col">Change</th>}
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
                    {acts && (
                      <td data-name="Change">
                        {member.id === viewer.member?.id ? (
                          <span className="quiet">This is you</span>
                        ) : (
                          <Acts
                            member={member}
                            show={show}
                            made={setMade}
                            grant={
                              account &&
                              roles.length > 0 && (
                                <Grants
                                  member={member}
                                  roles={roles}
                                  account={account}
                                  show={show}
                                />
                              )
                            }
                          />
                        )}
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
            {account && (
              <Granted grants={account.grants} end={(grantId) => end({ grantId })} show={show} />
            )}
            {account && (
              <Partners
                partners={account.partners}
                end={(linkId) => unlink({ accountId: account.id, linkId })}
                show={show}
              />
            )}
            {account && (
              <Programs
                tokens={account.apiTokens}
                may={rights.includes("MANAGE_SIGN_IN")}
                revoke={(tokenId, memberId) => revoke({ tokenId, memberId })}
                show={show}
              />
            )}
            {account && (
              <Rule account={account} may={rights.includes("MANAGE_SIGN_IN")} show={show} />
            )}
            {account && (
              <SingleSignOn
                key={`${account.id} ${account.identityProvider?.issuer}`}
                account={account}
                may={rights.includes("MANAGE_SIGN_IN")}
                show={show}
              />
            )}
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
function Rule(props: { account: Account; may: boolean; show: Show }) {
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
