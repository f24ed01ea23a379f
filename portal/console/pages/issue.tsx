/** Issuing a license: to whom, of what, when it runs; all of it seen before it is recorded. */

import { useState } from "react";
import { useAddress } from "../../shared/address";
import { useChange, usePage } from "../../shared/client";
import { minor } from "../../shared/contract";
import { words } from "../../shared/format";
import { Answered, Confirm, Empty, Section, Title } from "../../shared/ui";
import { ContractFields, wrong as faulty, type Said, said, sent, UNSAID } from "../contract-fields";
import {
  type Acquisition,
  IssueDocument,
  type IssueQuery,
  LicenseIssueDocument,
} from "../operations.generated";
import { Choose } from "./issue/choose";
import { type Source, sources } from "./issue/grants";
import { Issued, type Result } from "./issue/issued";
import { fault, type Runs, runs } from "./issue/term";
import { What } from "./issue/what";

const ACQUISITIONS: Acquisition[] = ["ORDER", "TRIAL", "PROMOTION", "IMPORT"];

/** The page. What is chosen is in the address; a key of one's own never is. */
export default function Issue() {
  const { search, say } = useAddress();
  const account = search.get("account");
  const text = account ? "" : (search.get("text") ?? "");
  const product = search.get("product");
  const page = usePage(IssueDocument, {
    text,
    find: text.trim() !== "",
    account: account ?? "none",
    named: account !== null,
    product: product ?? "none",
    chosen: product !== null,
  });
  const [issued, setIssued] = useState<Result | null>(null);
  return (
    <>
      <Title window="Issue a license">Issue a license</Title>
      <Answered page={page} rows={8}>
        {(data) => {
          if (data.viewer.role !== "OPERATOR") {
            return <Empty>Your role reads everything and changes nothing.</Empty>;
          }
          if (issued) {
            return <Issued result={issued} again={() => setIssued(null)} />;
          }
          return (
            <div className="grid">
              <div className="stack">
                <Choose data={data} text={text} say={say} />
                <What data={data} search={search} say={say} />
              </div>
              <Form
                data={data}
                search={search}
                say={say}
                current={!page.waiting}
                onIssued={setIssued}
              />
            </div>
          );
        }}
      </Answered>
    </>
  );
}

function Form(props: {
  data: IssueQuery;
  search: URLSearchParams;
  say: (changes: Record<string, string | null>) => void;
  /** False while the answer to what was chosen last is on its way. */
  current: boolean;
  onIssued: (issued: Result) => void;
}) {
  const { data, search, say } = props;
  const [own, setOwn] = useState("");
  const [number, setNumber] = useState("");
  const starts = search.get("starts") ?? "";
  const ends = search.get("ends") ?? "";
  const acquired = ACQUISITIONS.find((one) => one === search.get("acquired")) ?? "ORDER";
  const all = data.product ? sources(data.product) : null;
  const source = [...(all?.bundles ?? []), ...(all?.offerings ?? [])].find(
    ({ id }) => id === search.get("source"),
  );
  const [contract, setContract] = useState(UNSAID);
  const [price, setPrice] = useState("");
  const theirs = said(data.account?.contract ?? {});
  const zone = contract.timeZone || theirs.timeZone || "UTC";
  const currency = contract.currency || theirs.currency;
  const amount = price && currency ? minor(price, currency) : null;
  const plan = source?.terms ?? null;
  const wrong =
    faulty(contract) ??
    (price && !currency ? "A price needs a currency." : null) ??
    (price && amount === null ? `This is no amount in ${currency}.` : null) ??
    (source && fault(starts, ends, plan, zone));
  const when = runs(starts, ends, plan, zone);
  return (
    <Section name="When and how">
      <div className="stack">
        <div className="fields">
          <label>
            Starts (empty: now)
            <input
              type="date"
              value={starts}
              onChange={({ target }) => say({ starts: target.value || null })}
            />
          </label>
          <label>
            Ends (empty: as its plan says)
            <input
              type="date"
              value={ends}
              min={starts}
              onChange={({ target }) => say({ ends: target.value || null })}
            />
          </label>
        </div>
        <label>
          How the customer came by it
          <select value={acquired} onChange={({ target }) => say({ acquired: target.value })}>
            {ACQUISITIONS.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Your number for it (may stay empty)
          <input value={number} onChange={({ target }) => setNumber(target.value)} />
        </label>
        <label>
          Its key (leave empty for a new one)
          <input
            value={own}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setOwn(target.value)}
          />
        </label>
        <details>
          <summary>Contract: time zone, country, currency, price</summary>
          <div className="stack">
            <p className="quiet">Days begin and end by the clocks of {zone}.</p>
            <ContractFields value={contract} set={setContract} otherwise={theirs} />
            <label>
              What a term costs (may stay empty)
              <input
                value={price}
                inputMode="decimal"
                onChange={({ target }) => setPrice(target.value)}
              />
            </label>
          </div>
        </details>
        {wrong && <p className="refused">{wrong}</p>}
        {data.account && data.product && source && props.current && !wrong ? (
          <Act
            key={data.product.id}
            account={data.account}
            product={data.product}
            source={source}
            when={when}
            acquired={acquired}
            own={own.trim()}
            number={number.trim()}
            contract={contract}
            price={amount}
            onIssued={props.onIssued}
          />
        ) : (
          <p className="quiet">Choose a customer, a product and what to issue first.</p>
        )}
      </div>
    </Section>
  );
}

function Act(props: {
  account: NonNullable<IssueQuery["account"]>;
  product: NonNullable<IssueQuery["product"]>;
  source: Source;
  when: Runs;
  acquired: Acquisition;
  own: string;
  number: string;
  contract: Said;
  /** In the smallest unit of the currency. */
  price: string | null;
  onIssued: (issued: Result) => void;
}) {
  const { account, product, source, when } = props;
  const issue = useChange(LicenseIssueDocument);
  const name = account.name ?? "This account";
  return (
    <>
      <p>{when.said}</p>
      <div className="actions">
        <Confirm
          main
          button="Issue it"
          title={`Issue ${source.name} to ${name}?`}
          effects={
            <div className="stack">
              <p>
                {name} gets {source.name} of {product.name}. {when.said}
              </p>
              <p>
                {props.own
                  ? `Its key is ${props.own.toUpperCase()}.`
                  : "A new key is made. You can show it afterwards, which is recorded."}
              </p>
            </div>
          }
          act="Issue it"
          keep="Not yet"
          onConfirm={() =>
            issue({
              accountId: account.id,
              productId: product.id,
              source: source.id,
              acquired: props.acquired,
              key: props.own || null,
              externalId: props.number || null,
              term: when.term,
              contract: { ...sent(props.contract), priceMinor: props.price },
              effectiveAt: when.effectiveAt,
            })
          }
          onDone={(done) => {
            const license = done.ok ? done.data.licenseIssue?.license : null;
            props.onIssued({ license: license ?? null, name, done });
          }}
        />
      </div>
    </>
  );
}
