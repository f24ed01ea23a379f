/** On which terms a license is contracted. */

import { useState } from "react";
import { useChange } from "../../../shared/client";
import { minor, typed } from "../../../shared/contract";
import { Confirm } from "../../../shared/ui";
import { ContractFields, said, sent, UNSAID, wrong } from "../../contract-fields";
import { LicenseSetContractDocument } from "../../operations.generated";
import { type Changing, named } from "./shown";

/** The button. */
export function Contract({ license, show }: Omit<Changing, "may">) {
  const set = useChange(LicenseSetContractDocument);
  const { contract } = license;
  const known = {
    ...said(contract),
    timeZone: contract.timeZone === "UTC" ? "" : contract.timeZone,
  };
  const [value, change] = useState(known);
  const priced = contract.priceMinor != null && contract.currency != null;
  const [price, setPrice] = useState(
    priced ? typed(contract.priceMinor ?? "", contract.currency ?? "") : "",
  );
  const amount = price && value.currency ? minor(price, value.currency) : null;
  const fault =
    wrong(value) ??
    (price && !value.currency ? "A price needs a currency." : null) ??
    (price && amount === null ? `This is no amount in ${value.currency}.` : null);
  return (
    <Confirm
      button="Change the contract"
      title={`Change the contract of ${named(license)}?`}
      ready={fault === null}
      effects={
        <div className="stack">
          <p>
            The term that runs keeps its end. Grace, maintenance, notice and the next term are
            counted by these clocks from now on. What is left empty is not said.
          </p>
          <ContractFields value={value} set={change} otherwise={UNSAID} />
          <label>
            What a term costs (may stay empty)
            <input
              value={price}
              inputMode="decimal"
              onChange={({ target }) => setPrice(target.value)}
            />
          </label>
          {fault && <p className="refused">{fault}</p>}
        </div>
      }
      act="Change it"
      onConfirm={() =>
        set({ licenseId: license.id, contract: { ...sent(value), priceMinor: amount } })
      }
      onDone={show("The contract is changed.")}
    />
  );
}
