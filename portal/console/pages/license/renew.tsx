/** Adding a further term to a license. */

import { useState } from "react";
import { useChange } from "../../../shared/client";
import { day, duration } from "../../../shared/format";
import { Confirm } from "../../../shared/ui";
import { LicenseRenewDocument, type RenewalBasis } from "../../operations.generated";
import { type Changing, named } from "./shown";

const LENGTHS = ["P1M", "P3M", "P6M", "P1Y", "P2Y", "P3Y"];

/** From where a term counts, as one says it. */
const BASES: Record<RenewalBasis, string> = {
  FROM_EXPIRY: "The end of the term before, also when late",
  FROM_NOW: "Now",
  FROM_NOW_IF_EXPIRED: "Now when the term is over, else its end",
};

/** The button, for a license whose term has an end. */
export function Renew({ license, until, show }: Omit<Changing, "may"> & { until: string }) {
  const renew = useChange(LicenseRenewDocument);
  const plan = { term: license.terms?.term, basis: license.terms?.renewalBasis ?? "FROM_EXPIRY" };
  const [length, setLength] = useState("");
  const [basis, setBasis] = useState<RenewalBasis | "">("");
  const period = length || plan.term;
  const counted = basis || plan.basis;
  const over = Date.parse(until) <= Date.parse(license.at);
  const fromEnd = counted === "FROM_EXPIRY" || (counted === "FROM_NOW_IF_EXPIRED" && !over);
  return (
    <Confirm
      button="Renew"
      title={`Renew ${named(license)}?`}
      ready={period != null}
      effects={
        <div className="stack">
          <p>
            Its term {over ? "ended" : "ends"} on {day(until)}.{" "}
            {period == null
              ? "Its plan has no length of its own: choose one."
              : `It runs ${duration(period)} more, counted from ${fromEnd ? "that day" : "now"}.`}{" "}
            What it gives stays the same.
          </p>
          <label>
            For how long
            <select value={length} onChange={({ target }) => setLength(target.value)}>
              <option value="">
                {plan.term ? `As its plan says: ${duration(plan.term)}` : "Choose a length"}
              </option>
              {LENGTHS.map((one) => (
                <option key={one} value={one}>
                  {duration(one)}
                </option>
              ))}
            </select>
          </label>
          <label>
            Counted from
            <select
              value={basis}
              onChange={({ target }) => setBasis(target.value as RenewalBasis | "")}
            >
              <option value="">As its plan says</option>
              {(Object.keys(BASES) as RenewalBasis[]).map((one) => (
                <option key={one} value={one}>
                  {BASES[one]}
                </option>
              ))}
            </select>
          </label>
        </div>
      }
      act="Renew it"
      onConfirm={() =>
        renew({
          licenseId: license.id,
          ending: until,
          period: length || null,
          basis: basis || null,
        })
      }
      onDone={show("It is renewed.")}
    />
  );
}
