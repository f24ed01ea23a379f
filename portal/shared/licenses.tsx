/** Licenses as a list: how they stand, as rows, as a file. */

import { useState } from "react";
import { Link } from "wouter";
import { download } from "./csv";
import { words } from "./format";
import { Of } from "./parts";
import { Copyable, Status, When } from "./ui";

/** A license, as lists ask for it. */
export interface Row {
  id: string;
  externalId?: string | null;
  productName: string;
  source?: { name?: string | null } | null;
  accountId: string;
  accountName?: string | null;
  keyMasked?: string | null;
  status: string;
  term?: { until?: string | null } | null;
  seats: { assigned: string; purchased?: string | null };
  deviceSlots: { used: string; granted: { limit?: string | null } };
}

/** How a license may stand, in the order in which one looks for it. */
export const STATUSES = [
  "ACTIVE",
  "ASSIGNED",
  "EXPIRING",
  "GRACE",
  "EXPIRED",
  "SUSPENDED",
  "REVOKED",
  "NOT_STARTED",
] as const;

export type LicenseStatus = (typeof STATUSES)[number];

/** The statuses that an address names, and the other way round. */
export function statuses(said: string | null): LicenseStatus[] {
  const named = (said ?? "").split(",");
  return STATUSES.filter((one) => named.includes(one));
}

/** Buttons that choose statuses: several at once. */
export function StatusChips(props: {
  chosen: LicenseStatus[];
  choose: (said: string | null) => void;
}) {
  const { chosen, choose } = props;
  const toggle = (one: LicenseStatus) => {
    const next = chosen.includes(one) ? chosen.filter((s) => s !== one) : [...chosen, one];
    choose(next.join(",") || null);
  };
  return (
    <fieldset>
      <legend className="hidden">Status</legend>
      {STATUSES.map((one) => (
        <button
          type="button"
          key={one}
          className="chip"
          aria-pressed={chosen.includes(one)}
          onClick={() => toggle(one)}
        >
          {words(one)}
        </button>
      ))}
    </fieldset>
  );
}

/** The table. */
export function LicenseTable(props: {
  rows: Row[];
  /** What a license is called. */
  name: (row: Row) => string;
  /** What is said below the name. */
  about: (row: Row) => (string | null | undefined)[];
  /** Where the customer of a license is shown; null where it need not be. */
  customer?: (row: Row) => string | null;
}) {
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">License</th>
          <th scope="col">Key</th>
          <th scope="col">Status</th>
          <th scope="col">Ends</th>
          <th scope="col" className="figure">
            Seats
          </th>
          <th scope="col" className="figure">
            Devices
          </th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((license) => {
          const customer = props.customer?.(license);
          return (
            <tr key={license.id}>
              <th scope="row">
                <Link href={`/licenses/${license.id}`}>{props.name(license)}</Link>
                <br />
                <span className="quiet">
                  {props.about(license).filter(Boolean).join(" · ")}
                  {customer && (
                    <>
                      {" · "}
                      <Link href={customer}>{license.accountName ?? "name was erased"}</Link>
                    </>
                  )}
                </span>
              </th>
              <td data-name="Key">
                {license.keyMasked ? (
                  <Copyable
                    text={license.keyMasked}
                    label={`the masked key of ${license.productName}`}
                  />
                ) : (
                  <span className="quiet">erased</span>
                )}
              </td>
              <td data-name="Status">
                <Status of={license.status} />
              </td>
              <td data-name="Ends">
                {license.term?.until ? (
                  <When at={license.term.until} />
                ) : (
                  <span className="quiet">no end</span>
                )}
              </td>
              <td data-name="Seats" className="figure">
                <Of used={license.seats.assigned} limit={license.seats.purchased} />
              </td>
              <td data-name="Devices" className="figure">
                <Of used={license.deviceSlots.used} limit={license.deviceSlots.granted.limit} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** One page of a list. */
interface Part {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/** The whole list, page by page, as a file. */
export function SaveAsCsv(props: { part: (after: string | null) => Promise<Part> }) {
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const save = async () => {
    setBusy(true);
    setFailed(false);
    try {
      const rows: Row[] = [];
      let after: string | null = null;
      do {
        const { nodes, pageInfo }: Part = await props.part(after);
        rows.push(...nodes);
        after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
      } while (after);
      download("licenses.csv", HEAD, rows.map(cells));
    } catch {
      setFailed(true);
    }
    setBusy(false);
  };
  return (
    <span>
      {failed && (
        <span className="refused" role="alert">
          The file could not be made. Try again.{" "}
        </span>
      )}
      <button type="button" onClick={save} disabled={busy}>
        {busy ? "Gathering…" : "Save as CSV"}
      </button>
    </span>
  );
}

const HEAD = [
  "id",
  "number",
  "product",
  "offering",
  "account_id",
  "account",
  "key",
  "status",
  "ends",
  "seats_assigned",
  "seats",
  "devices_used",
  "devices",
];

function cells(row: Row): (string | null | undefined)[] {
  return [
    row.id,
    row.externalId,
    row.productName,
    row.source?.name,
    row.accountId,
    row.accountName,
    row.keyMasked,
    row.status,
    row.term?.until,
    row.seats.assigned,
    row.seats.purchased ?? "unlimited",
    row.deviceSlots.used,
    row.deviceSlots.granted.limit ?? "unlimited",
  ];
}
