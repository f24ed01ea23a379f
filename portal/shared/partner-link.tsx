/** Linking a partner to a customer: which other customer it is, what its people may do, and until when. */

import { useState } from "react";
import { Choice, type Row, type Search } from "./choice";
import type { Done } from "./client";
import { date, startOfNext } from "./format";
import { PARTNER_MAY, type PartnerRole } from "./partners";
import { Confirm } from "./ui";

/** What is chosen. */
export interface Linking {
  partnerId: string;
  role: PartnerRole;
  endsAt: string | null;
}

/** The button with its form. */
export function LinkPartner(props: {
  /** Whose partner it becomes. */
  customer: string;
  /** Who it may be. */
  found: { rows: Row[]; total: number; search: Search };
  onOpen: () => void;
  link: (linking: Linking) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { customer, found } = props;
  const [partner, setPartner] = useState<Row | null>(null);
  const [role, setRole] = useState<PartnerRole>("LICENSE_VIEWER");
  const [last, setLast] = useState("");
  return (
    <Confirm
      button="Link a partner"
      title={`Who acts for ${customer}?`}
      ready={partner !== null}
      onOpen={props.onOpen}
      effects={
        <div className="stack">
          <Choice
            label="Partner"
            search={{
              ...found.search,
              label: "Find a customer",
              placeholder: "The beginning of its name, or its number",
            }}
            rows={found.rows}
            total={found.total}
            value={partner?.id ?? ""}
            chosen={partner}
            empty="Choose a customer"
            choose={(id) => setPartner(found.rows.find((one) => one.id === id) ?? null)}
          />
          <label>
            Its people may
            <select value={role} onChange={({ target }) => setRole(target.value as PartnerRole)}>
              {Object.entries(PARTNER_MAY).map(([one, words]) => (
                <option key={one} value={one}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label>
            Last day, if it has an end
            <input
              type="date"
              value={last}
              min={date()}
              onChange={({ target }) => setLast(target.value)}
            />
          </label>
          <p>
            It holds at once. Each of its people may do this only as far as its own role at the
            partner reaches; nobody of it sees keys, manages people or sign-in. You and the admins
            of {customer} may end it at any time.
          </p>
        </div>
      }
      act="Link it"
      keep="Not now"
      onConfirm={() =>
        props.link({
          partnerId: partner?.id ?? "",
          role,
          endsAt: last ? startOfNext(last) : null,
        })
      }
      onDone={(done) => {
        props.show(`${partner?.text ?? "The partner"} acts for ${customer} now.`)(done);
        setPartner(null);
        setLast("");
      }}
    />
  );
}
