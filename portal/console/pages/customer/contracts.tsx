/** What kind of party a customer is, and on which terms it contracts. */

import { useState } from "react";
import { type Done, useChange } from "../../../shared/client";
import { country } from "../../../shared/contract";
import { Promote } from "../../../shared/promote";
import { Confirm, Recorded, Section } from "../../../shared/ui";
import { ContractFields, said, sent, UNSAID, wrong } from "../../contract-fields";
import {
  AccountPromoteDocument,
  AccountSetContractDefaultsDocument,
  type CustomerQuery,
} from "../../operations.generated";

type Account = NonNullable<CustomerQuery["account"]>;

/** The part of the page. */
export function Contracts(props: { account: Account; may: boolean; again: () => void }) {
  const { account, may } = props;
  const { contract } = account;
  const promote = useChange(AccountPromoteDocument);
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    props.again();
  };
  return (
    <Section
      name="Contracts"
      id="contracts"
      note="What licenses that are issued to it begin with. Licenses that are there keep theirs."
      aside={may && <Defaults account={account} show={show} />}
    >
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <div className="stack">
        <dl className="facts">
          <Said name="Time zone">{contract.timeZone ?? "UTC"}</Said>
          <Said name="Country">{contract.country && country(contract.country)}</Said>
          <Said name="Currency">{contract.currency}</Said>
          <Said name="Language and region">{contract.locale}</Said>
          <Said name="Data region">{contract.dataRegion}</Said>
        </dl>
        {may && account.party === "PERSON" && (
          <>
            <p className="note">
              It is the account of one person, who alone is in it. For others to join it becomes an
              organization’s.
            </p>
            <p>
              <Promote
                whose={account.name ?? "the person"}
                promote={(name) => promote({ accountId: account.id, name })}
                show={show}
              />
            </p>
          </>
        )}
      </div>
    </Section>
  );
}

function Said(props: { name: string; children: string | null | undefined }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children ?? <span className="quiet">not said</span>}</dd>
    </div>
  );
}

function Defaults(props: { account: Account; show: (what: string) => (done: Done) => void }) {
  const { account } = props;
  const set = useChange(AccountSetContractDefaultsDocument);
  const [value, change] = useState(said(account.contract));
  const [region, setRegion] = useState(account.contract.dataRegion ?? "");
  const fault =
    wrong(value) ??
    (/^[a-z0-9-]{0,32}$/.test(region) ? null : "A data region is a tag such as eu or us-east.");
  return (
    <Confirm
      button="Change"
      label="Change what contracts begin with"
      title={`On which terms does ${account.name ?? "this account"} contract?`}
      ready={fault === null}
      effects={
        <div className="stack">
          <p>Licenses that are issued from now on begin with it. What is left empty is not said.</p>
          <ContractFields value={value} set={change} otherwise={UNSAID} />
          <label>
            Data region
            <input value={region} onChange={({ target }) => setRegion(target.value.trim())} />
            <span className="quiet">
              A tag of your own, such as eu. It moves nothing by itself.
            </span>
          </label>
          {fault && <p className="refused">{fault}</p>}
        </div>
      }
      act="Change it"
      onConfirm={() => set({ accountId: account.id, ...sent(value), dataRegion: region || null })}
      onDone={props.show("New contracts begin with that.")}
    />
  );
}
