/** All customers with the accounts below them; or what a search finds. */

import { Link } from "wouter";
import { useAddress, useTyped } from "../../shared/address";
import { usePage } from "../../shared/client";
import { count, counted, day, words } from "../../shared/format";
import { Pages } from "../../shared/parts";
import { Answered, Empty, Status, Title } from "../../shared/ui";
import {
  CustomersDocument,
  type CustomersQuery,
  FindDocument,
  type FindQuery,
} from "../operations.generated";
import { OpenAccount } from "./customers/open";

/** As many as fit the cost that one operation may have, with the accounts below each. */
const ROWS = 20;

/** The page. */
export default function Customers() {
  const { search, say } = useAddress();
  const text = search.get("text") ?? "";
  const [typed, setTyped] = useTyped(text, (next) => say({ text: next, after: null }));
  return (
    <>
      <Title window="Customers">Customers</Title>
      <search className="filters">
        <label>
          Search
          <input
            type="search"
            value={typed}
            placeholder="Name, number, person, key or device"
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
      </search>
      {text.trim() ? (
        <Found text={text} clear={() => setTyped("")} />
      ) : (
        <List after={search.get("after")} go={(after) => say({ after }, { back: true })} />
      )}
    </>
  );
}

function List(props: { after: string | null; go: (after: string | null) => void }) {
  const page = usePage(CustomersDocument, { first: ROWS, after: props.after });
  return (
    <Answered page={page} rows={10}>
      {(data) => (
        <>
          <div className="row">
            <p className="quiet" role="status">
              {counted(data.every.totalCount, "account")}, those below others counted too
            </p>
            {data.viewer.role === "OPERATOR" && <OpenAccount />}
          </div>
          {data.accounts.nodes.length === 0 ? (
            <Empty>Customers show here as soon as an account is opened for the first one.</Empty>
          ) : (
            <Tree data={data} />
          )}
          <Pages after={props.after} info={data.accounts.pageInfo} go={props.go} />
        </>
      )}
    </Answered>
  );
}

function Tree({ data }: { data: CustomersQuery }) {
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">Customer</th>
          <th scope="col">Number</th>
          <th scope="col">Opened</th>
          <th scope="col" className="figure">
            People
          </th>
        </tr>
      </thead>
      {data.accounts.nodes.map((one) => {
        const more = one.subAccounts.totalCount - one.subAccounts.nodes.length;
        return (
          <tbody key={one.id}>
            <Row of={one} kind={one.party === "PERSON" ? words(one.party) : null} />
            {one.subAccounts.nodes.map((below) => (
              <Row key={below.id} of={below} below />
            ))}
            {more > 0 && (
              <tr className="below">
                <th scope="row" colSpan={4}>
                  <Link href={`/customers/${one.id}#below`}>
                    {count(more)} more below {one.name}
                  </Link>
                </th>
              </tr>
            )}
          </tbody>
        );
      })}
    </table>
  );
}

function Row(props: {
  of: CustomersQuery["accounts"]["nodes"][number]["subAccounts"]["nodes"][number];
  kind?: string | null;
  below?: boolean;
}) {
  const { of: one, below } = props;
  return (
    <tr className={below ? "below" : undefined}>
      <th scope="row">
        <Link href={`/customers/${one.id}`}>{one.name ?? "Name was erased"}</Link>
        {below && <span className="hidden"> (sub-account)</span>}
        {props.kind && <span className="quiet"> · {props.kind}</span>}
      </th>
      <td data-name="Number">{one.externalId ?? <span className="quiet">none</span>}</td>
      <td data-name="Opened">{day(one.openedAt)}</td>
      <td data-name="People" className="figure">
        {count(one.members.totalCount)}
      </td>
    </tr>
  );
}

function Found(props: { text: string; clear: () => void }) {
  const page = usePage(FindDocument, { text: props.text });
  return (
    <Answered page={page} rows={6}>
      {({ find }) => (
        <>
          <p className="quiet" role="status">
            {counted(find.length, "match", "matches")}
            {find.length >= 50 && ", and there may be more: type more of it"}
          </p>
          {find.length === 0 ? (
            <Empty
              action={
                <button type="button" onClick={props.clear}>
                  Show all customers
                </button>
              }
            >
              Nothing fits. A search finds whole keys, e-mails, devices, domains and numbers, and
              the beginnings of names.
            </Empty>
          ) : (
            <ul className="card rows">
              {find.map(({ found, matchedBy }) => (
                <Match key={found.id} found={found} matchedBy={matchedBy} />
              ))}
            </ul>
          )}
        </>
      )}
    </Answered>
  );
}

/** By what a thing was found, as one says it. */
const MATCHES: Record<string, string> = {
  license_key: "its key",
  device: "its fingerprint",
  domain: "its domain",
  email: "its e-mail",
  external_id: "its number",
  text: "a word",
};

function Match({ found, matchedBy }: FindQuery["find"][number]) {
  const { to, name, kind, about } = described(found);
  return (
    <li className="row">
      <div>
        <Link href={to}>{name}</Link>
        {found.__typename === "License" && (
          <>
            {" "}
            <Status of={found.status} />
          </>
        )}
        <br />
        <span className="quiet">{[kind, about].filter(Boolean).join(" · ")}</span>
      </div>
      <span className="quiet end">by {MATCHES[matchedBy] ?? words(matchedBy).toLowerCase()}</span>
    </li>
  );
}

function described(found: FindQuery["find"][number]["found"]) {
  switch (found.__typename) {
    case "Account":
      return {
        to: `/customers/${found.id}`,
        name: found.name ?? "Name was erased",
        kind: "Account",
        about: found.externalId,
      };
    case "Member":
      return {
        to: `/customers/${found.accountId}#people`,
        name: found.name ?? "Name was erased",
        kind: "Person",
        about: found.email,
      };
    case "License":
      return {
        to: `/licenses/${found.id}`,
        name: found.productName,
        kind: "License",
        about: found.accountName,
      };
    case "Device":
      return {
        to: `/licenses/${found.licenseId}#devices`,
        name: found.name ?? "Name was erased",
        kind: "Device or domain",
        about: found.productName,
      };
  }
}
