/** The people of an organization: who they are, what they may do, and who gets in. */

import { useState } from "react";
import { Link } from "wouter";
import { AddPerson } from "../../shared/add-person";
import { useAddress, useTyped } from "../../shared/address";
import { type Done, useChange, useLookup, usePage } from "../../shared/client";
import { counted } from "../../shared/format";
import { Granted, givable } from "../../shared/grants";
import { Partners } from "../../shared/partners";
import { Pages } from "../../shared/parts";
import { Handed, type Made } from "../../shared/password-link";
import { Certificate } from "../../shared/people/certificate";
import type { Erased } from "../../shared/people/erase";
import { SecondFactorRule } from "../../shared/people/second-factor-rule";
import { placesOf, type Show } from "../../shared/people/shown";
import { SingleSignOn } from "../../shared/people/single-sign-on";
import { PeopleTable } from "../../shared/people/table";
import { Programs } from "../../shared/programs";
import { Answered, Recorded, Title } from "../../shared/ui";
import {
  AccountDemandSecondFactorDocument,
  ApiTokenRevokeDocument,
  ErasureDocument,
  MemberAddDocument,
  PartnerUnlinkDocument,
  PeopleDocument,
  type PeopleQuery,
  RoleGrantEndDocument,
} from "../operations.generated";
import { usePersonChanges, useProviderChanges } from "../people-changes";

const ROWS = 25;

type Account = NonNullable<PeopleQuery["account"]>;

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
  const [erased, setErased] = useState<Erased | null>(null);
  const changes = usePersonChanges();
  const add = useChange(MemberAddDocument);
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
        return (
          <>
            <Title
              window="People"
              aside={
                may &&
                account?.party === "ORGANIZATION" && (
                  <AddPerson
                    main
                    account={account.name ?? "your organization"}
                    plain={!rights.includes("SET_ROLES")}
                    add={(person) => add({ accountId: account.id, ...person })}
                    make={changes.makeLink}
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
            {erased && <Proof erased={erased} close={() => setErased(null)} />}
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
            {account && (
              <PeopleTable
                people={members?.nodes ?? []}
                account={account}
                oneself={viewer.member?.id ?? null}
                acts={may || roles.length > 0}
                roles={roles}
                places={placesOf(account, [])}
                changes={changes}
                show={show}
                made={setMade}
                erased={setErased}
              />
            )}
            {account && <Rest account={account} rights={rights} show={show} />}
            {may && account?.party === "PERSON" && (
              <p className="note">
                This account is one person’s. To let others in, make it the account of an
                organization on <Link href="/account">Your account</Link>.
              </p>
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

/** What the account says of everybody, and who else acts in it. */
function Rest({ account, rights, show }: { account: Account; rights: string[]; show: Show }) {
  const end = useChange(RoleGrantEndDocument);
  const unlink = useChange(PartnerUnlinkDocument);
  const revoke = useChange(ApiTokenRevokeDocument);
  const demand = useChange(AccountDemandSecondFactorDocument);
  const provider = useProviderChanges();
  const may = rights.includes("MANAGE_SIGN_IN");
  return (
    <>
      <Granted grants={account.grants} end={(grantId) => end({ grantId })} show={show} />
      <Partners
        partners={account.partners}
        end={(linkId) => unlink({ accountId: account.id, linkId })}
        show={show}
      />
      <Programs
        tokens={account.apiTokens}
        may={may}
        revoke={(tokenId, memberId) => revoke({ tokenId, memberId })}
        show={show}
      />
      <SecondFactorRule account={account} may={may} set={demand} show={show} />
      <SingleSignOn
        key={`${account.id} ${account.identityProvider?.issuer}`}
        account={account}
        changes={provider}
        own
        may={may}
        show={show}
      />
    </>
  );
}

/** The certificate of an erasure, with what the ledger says of that fact. */
function Proof({ erased, close }: { erased: Erased; close: () => void }) {
  const { memberId, accountId, ground, position } = erased;
  const { data } = useLookup(ErasureDocument, { account: accountId }, true);
  const account = { id: accountId, name: data?.account?.name };
  return (
    <Certificate
      of={{ whose: memberId, account, ground, position }}
      facts={data?.account?.history.nodes}
      proof={null}
      close={close}
    />
  );
}
