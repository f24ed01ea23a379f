/** One customer: who it is, what it has, what happened to it. */

import { useState } from "react";
import { Link } from "wouter";
import { AddPerson } from "../../shared/add-person";
import { type Done, useChange, usePage } from "../../shared/client";
import { count, counted, day, words } from "../../shared/format";
import { Granted } from "../../shared/grants";
import { Health, type Reason } from "../../shared/health";
import { Partners } from "../../shared/partners";
import { Crumbs, Events, Figure } from "../../shared/parts";
import { Handed, type Made, MakeLink } from "../../shared/password-link";
import { Answered, Empty, Recorded, Section, Title } from "../../shared/ui";
import { leads } from "../leads";
import {
  CustomerDocument,
  type CustomerQuery,
  MemberAddDocument,
  PartnerUnlinkDocument,
  PasswordLinkMakeDocument,
  RoleGrantEndDocument,
} from "../operations.generated";
import { Contracts } from "./customer/contracts";
import { Gives } from "./customer/gives";
import { Rows } from "./license/table";

type Account = NonNullable<CustomerQuery["account"]>;

/** The page. */
export default function Customer({ id }: { id: string }) {
  const page = usePage(CustomerDocument, { id });
  return (
    <Answered page={page} rows={12}>
      {(data) => {
        const { account } = data;
        if (!account) {
          return (
            <>
              <Title window="Customer not found">This customer is not here</Title>
              <Empty action={<Link href="/customers">Go to the customers</Link>}>
                No account has this id.
              </Empty>
            </>
          );
        }
        const name = account.name ?? "Name was erased";
        return (
          <>
            <Crumbs
              to={[
                { href: "/customers", name: "Customers" },
                ...(account.parentId
                  ? [{ href: `/customers/${account.parentId}`, name: "The account above it" }]
                  : []),
              ]}
            />
            <Title
              window={name}
              aside={
                data.viewer.role === "OPERATOR" &&
                !account.erasedAt && (
                  <Link className="button primary" href={`/issue?account=${id}`}>
                    Issue a license
                  </Link>
                )
              }
            >
              {name}
            </Title>
            <div className="grid">
              <Health health={data.dashboard.health} href={(reason) => place(id, reason)} />
              <Head account={account} held={data.legalHolds?.length ?? 0} />
              <Numbers id={id} data={data} />
              <div className="wide">
                <Licenses id={id} data={data} />
              </div>
              <div className="column">
                <Gives data={data} />
                <Contracts
                  account={account}
                  may={data.viewer.role === "OPERATOR"}
                  again={page.retry}
                />
                <Below account={account} />
              </div>
              <div className="column">
                <People
                  account={account}
                  may={data.viewer.role === "OPERATOR" && !account.erasedAt}
                  again={page.retry}
                />
                <div className="late">
                  <History data={data} />
                </div>
              </div>
            </div>
          </>
        );
      }}
    </Answered>
  );
}

/** Where the licenses of this customer are that a reason is about. */
function place(id: string, { status, licenseId }: Reason): string {
  if (licenseId) return `/licenses/${licenseId}#allows`;
  return `/licenses?account=${id}${status ? `&status=${status}` : ""}`;
}

/** `held` counts the legal matters for which nobody of it is erased. */
function Head({ account, held }: { account: Account; held: number }) {
  return (
    <section className="card wide head" aria-label="In short">
      <dl className="facts">
        <div>
          <dt>Your number for it</dt>
          <dd>{account.externalId ?? <span className="quiet">none</span>}</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>
            {words(account.party)}
            {account.promotedAt && (
              <span className="quiet"> since {day(account.promotedAt)}, a person’s before</span>
            )}
            {account.parentId && (
              <>
                , part of <Link href={`/customers/${account.parentId}`}>the account above it</Link>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Customer since</dt>
          <dd>{day(account.openedAt)}</dd>
        </div>
        {account.erasedAt && (
          <div>
            <dt>Erased, with all its people</dt>
            <dd>{day(account.erasedAt)}</dd>
          </div>
        )}
        {held > 0 && (
          <div>
            <dt>Legal holds</dt>
            <dd>
              <Link href={`/customers/${account.id}/people#legal-holds`}>
                {counted(held, "matter")}: nobody is erased
              </Link>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function Numbers({ id, data }: { id: string; data: CustomerQuery }) {
  const { total, byStatus, seats, devices } = data.dashboard;
  const of = (rows: { status: string; count: number }[], ...statuses: string[]) =>
    rows.reduce((sum, row) => sum + (statuses.includes(row.status) ? row.count : 0), 0);
  const trouble = of(byStatus, "EXPIRING", "GRACE", "EXPIRED", "SUSPENDED");
  const silent = of(devices, "DORMANT", "DEAD");
  const to = `/licenses?account=${id}`;
  return (
    <div className="numbers wide">
      <Figure
        name="Licenses"
        value={count(total)}
        href={to}
        note={`${count(of(byStatus, "ACTIVE", "EXPIRING", "GRACE"))} in use`}
      />
      <Figure
        name="Seats in use"
        value={count(seats.assigned)}
        href={to}
        note={
          seats.unlimited || seats.purchased == null
            ? "no limit"
            : `of ${count(seats.purchased)}, ${count(seats.available ?? 0)} free`
        }
      />
      <Figure
        name="Devices and domains"
        value={count(of(devices, "ACTIVE", "DORMANT", "DEAD", "SUSPENDED"))}
        href={to}
        note={
          silent === 0
            ? "none silent for 30 days"
            : `${counted(silent, "of them", "of them")} silent for 30 days`
        }
      />
      <Figure
        name="Ending or over"
        value={count(trouble)}
        href={`${to}&status=EXPIRING,GRACE,EXPIRED,SUSPENDED`}
        note="expiring, in grace, expired, suspended"
      />
    </div>
  );
}

function Licenses({ id, data }: { id: string; data: CustomerQuery }) {
  const { nodes, totalCount } = data.licenses;
  return (
    <Section name="Licenses" note="Of this account and the accounts below it.">
      {nodes.length === 0 ? (
        <Empty>This customer has no license yet.</Empty>
      ) : (
        <Rows rows={nodes} account={id} />
      )}
      {totalCount > nodes.length && (
        <p className="note">
          <Link href={`/licenses?account=${id}`}>All {count(totalCount)} licenses</Link>
        </p>
      )}
    </Section>
  );
}

function People({ account, may, again }: { account: Account; may: boolean; again: () => void }) {
  const { nodes, totalCount } = account.members;
  const add = useChange(MemberAddDocument);
  const make = useChange(PasswordLinkMakeDocument);
  const end = useChange(RoleGrantEndDocument);
  const unlink = useChange(PartnerUnlinkDocument);
  const [made, setMade] = useState<Made | null>(null);
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    again();
  };
  return (
    <>
      <Section
        name="People"
        id="people"
        note={
          <Link href={`/customers/${account.id}/people`}>
            Roles, sign-in, partners, legal holds and erasing
          </Link>
        }
        aside={
          may &&
          account.party === "ORGANIZATION" && (
            <AddPerson
              account={account.name ?? "this account"}
              add={(person) => add({ accountId: account.id, ...person })}
              make={(memberId) => make({ memberId })}
              made={setMade}
              show={show}
            />
          )
        }
      >
        <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
        {made && <Handed made={made} origin={null} close={() => setMade(null)} />}
        {nodes.length === 0 ? (
          <Empty>Nobody of this account can sign in yet.</Empty>
        ) : (
          <ul className="rows">
            {nodes.map((member) => (
              <li key={member.id} className="row">
                <div>
                  {member.name ?? "Name was erased"}
                  {member.suspendedAt && <span className="status bad">Suspended</span>}
                  <br />
                  <span className="quiet">{member.email ?? "e-mail was erased"}</span>
                </div>
                <div className="end">
                  {words(member.role)}
                  <br />
                  <span className="quiet">since {day(member.addedAt)}</span>
                  {may && (
                    <>
                      <br />
                      <MakeLink
                        member={member}
                        name={member.name ?? member.email ?? "this person"}
                        make={(memberId) => make({ memberId })}
                        made={setMade}
                        show={show}
                      />
                    </>
                  )}
                </div>
              </li>
            ))}
          </ul>
        )}
        {totalCount > nodes.length && (
          <p className="note">
            <Link href={`/customers/${account.id}/people`}>
              {count(totalCount - nodes.length)} more people
            </Link>
          </p>
        )}
      </Section>
      <Granted grants={account.grants} end={(grantId) => end({ grantId })} show={show} />
      <Partners
        partners={account.partners}
        end={(linkId) => unlink({ accountId: account.id, linkId })}
        show={show}
      />
    </>
  );
}

function Below({ account }: { account: Account }) {
  const { nodes, totalCount } = account.subAccounts;
  return (
    <Section name="Accounts below it" id="below">
      {nodes.length === 0 ? (
        <Empty>It has no sub-accounts.</Empty>
      ) : (
        <ul className="rows">
          {nodes.map((below) => (
            <li key={below.id} className="row">
              <Link href={`/customers/${below.id}`}>{below.name ?? "Name was erased"}</Link>
              <span className="quiet">{below.externalId}</span>
            </li>
          ))}
        </ul>
      )}
      {totalCount > nodes.length && (
        <p className="note">{count(totalCount - nodes.length)} more are not shown.</p>
      )}
    </Section>
  );
}

function History({ data }: { data: CustomerQuery }) {
  const { nodes, totalCount } = data.history;
  return (
    <Section
      name="History"
      id="history"
      note={`${counted(totalCount, "event")} of this account, the newest first. Each license has its own on its page.`}
    >
      <Events events={nodes} href={(about) => (about === data.account?.id ? null : leads(about))} />
    </Section>
  );
}
