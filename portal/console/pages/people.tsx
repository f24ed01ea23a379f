/** The people of a customer, seen by the vendor: who gets in and how, who else acts there, and what stands against erasing
 * somebody. */

import { useState } from "react";
import { Link } from "wouter";
import { AddPerson } from "../../shared/add-person";
import { useAddress, useTyped } from "../../shared/address";
import { type Done, useChange, useLookup, usePage } from "../../shared/client";
import { counted } from "../../shared/format";
import { Granted, givable } from "../../shared/grants";
import { Crumbs, Pages } from "../../shared/parts";
import { Handed, type Made } from "../../shared/password-link";
import { Certificate, type Proven } from "../../shared/people/certificate";
import type { Erased } from "../../shared/people/erase";
import { SecondFactorRule } from "../../shared/people/second-factor-rule";
import { placesOf, type Show } from "../../shared/people/shown";
import { SingleSignOn } from "../../shared/people/single-sign-on";
import { PeopleTable } from "../../shared/people/table";
import { Programs } from "../../shared/programs";
import { Answered, Empty, Recorded, Title } from "../../shared/ui";
import {
  AccountDemandSecondFactorDocument,
  ApiTokenRevokeDocument,
  ErasureDocument,
  MemberAddDocument,
  PeopleDocument,
  type PeopleQuery,
  RoleGrantEndDocument,
} from "../operations.generated";
import { usePersonChanges, useProviderChanges } from "../people-changes";
import { ErasingAccount, WasErased } from "./people/erasing-account";
import { LegalHolds } from "./people/holds";
import { CustomersPartners } from "./people/partners";

/** As many as fit the cost that one operation may have, with all that stands beside them. */
const ROWS = 20;

type Account = NonNullable<PeopleQuery["account"]>;

/** The page. */
export default function People({ id }: { id: string }) {
  const { search, say } = useAddress();
  const after = search.get("after");
  const text = search.get("text") ?? "";
  const [typed, setTyped] = useTyped(text, (rested) => say({ text: rested, after: null }));
  const page = usePage(PeopleDocument, { account: id, first: ROWS, after, text });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const [erased, setErased] = useState<Erased | null>(null);
  const [gone, setGone] = useState<Proven | null>(null);
  const changes = usePersonChanges();
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    page.retry();
  };
  return (
    <Answered page={page} rows={8}>
      {(data) => {
        const { account } = data;
        if (!account) return <Unknown />;
        const roles = givable(account.may);
        const { people } = account;
        if (account.erasedAt) {
          return (
            <>
              <Head account={account} made={setMade} show={show} />
              <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
              {gone && <Proof proven={gone} close={() => setGone(null)} />}
              <WasErased at={account.erasedAt} />
            </>
          );
        }
        return (
          <>
            <Head account={account} made={setMade} show={show} />
            <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
            {made && <Handed made={made} origin={null} close={() => setMade(null)} />}
            {erased && <Proof proven={provenOf(erased)} close={() => setErased(null)} />}
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
              {counted(people.totalCount, "person", "people")}
              {text ? " found" : ` of ${account.name} and the accounts below it`}
            </p>
            <PeopleTable
              people={people.nodes}
              account={account}
              oneself={null}
              acts={account.may.includes("MANAGE_PEOPLE")}
              roles={roles}
              places={placesOf(account, data.licenses.nodes)}
              held={data.legalHolds ?? []}
              changes={changes}
              show={show}
              made={setMade}
              erased={setErased}
            />
            <Pages
              after={after}
              info={people.pageInfo}
              go={(to) => say({ after: to }, { back: true })}
            />
            <Rest account={account} data={data} show={show} gone={setGone} />
          </>
        );
      }}
    </Answered>
  );
}

function Unknown() {
  return (
    <>
      <Title window="Customer not found">This customer is not here</Title>
      <Empty action={<Link href="/customers">Go to the customers</Link>}>
        No account has this id.
      </Empty>
    </>
  );
}

function Head(props: { account: Account; made: (link: Made) => void; show: Show }) {
  const { account, made, show } = props;
  const { makeLink } = usePersonChanges();
  const add = useChange(MemberAddDocument);
  const name = account.name ?? "Name was erased";
  return (
    <>
      <Crumbs
        to={[
          { href: "/customers", name: "Customers" },
          { href: `/customers/${account.id}`, name },
        ]}
      />
      <Title
        window={`People of ${name}`}
        aside={
          !account.erasedAt &&
          account.party === "ORGANIZATION" &&
          account.may.includes("MANAGE_PEOPLE") && (
            <AddPerson
              main
              account={name}
              add={(person) => add({ accountId: account.id, ...person })}
              make={makeLink}
              made={made}
              show={show}
            />
          )
        }
      >
        {account.erasedAt ? "A customer that is erased" : `People of ${name}`}
      </Title>
    </>
  );
}

/** What the account says of everybody, who else acts in it, and what stands against erasing. */
function Rest(props: {
  account: Account;
  data: PeopleQuery;
  show: Show;
  gone: (proven: Proven) => void;
}) {
  const { account, data, show } = props;
  const end = useChange(RoleGrantEndDocument);
  const revoke = useChange(ApiTokenRevokeDocument);
  const demand = useChange(AccountDemandSecondFactorDocument);
  const provider = useProviderChanges();
  const may = account.may.includes("MANAGE_SIGN_IN");
  return (
    <>
      <Granted grants={account.grants} end={(grantId) => end({ grantId })} show={show} />
      <CustomersPartners account={account} show={show} />
      <SecondFactorRule account={account} may={may} set={demand} show={show} />
      <SingleSignOn
        key={`${account.id} ${account.identityProvider?.issuer}`}
        account={account}
        changes={provider}
        own={false}
        may={may}
        show={show}
      />
      <LegalHolds
        account={account}
        held={data.legalHolds ?? []}
        // Whoever manages people here operates for the vendor.
        may={account.may.includes("MANAGE_PEOPLE")}
        show={show}
      />
      <Programs
        tokens={account.apiTokens}
        may={may}
        revoke={(tokenId, memberId) => revoke({ tokenId, memberId })}
        show={show}
      />
      <ErasingAccount
        account={account}
        may={account.may.includes("MANAGE_PEOPLE")}
        show={show}
        erased={props.gone}
      />
    </>
  );
}

function provenOf({ memberId, accountId, ground, position }: Erased): Proven {
  return { whose: memberId, account: { id: accountId }, ground, position };
}

/** The certificate of an erasure, with what the ledger says of that fact. */
function Proof({ proven, close }: { proven: Proven; close: () => void }) {
  const { data } = useLookup(
    ErasureDocument,
    { account: proven.account?.id ?? proven.whose },
    true,
  );
  const account = proven.account && { ...proven.account, name: data?.account?.name };
  return (
    <Certificate
      of={{ ...proven, ...(account && { account }) }}
      facts={data?.account?.history.nodes}
      proof={`/tlog/proof/${proven.position}`}
      close={close}
    />
  );
}
