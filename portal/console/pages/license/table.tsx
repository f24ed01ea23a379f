/** Licenses as rows. */

import { Link } from "wouter";
import { Of } from "../../../shared/parts";
import { Copyable, Status, When } from "../../../shared/ui";
import type { RowFragment } from "../../operations.generated";

/** The table; the account is named where it is another one than the page is about. */
export function LicenseTable(props: { rows: RowFragment[]; account?: string | null }) {
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
        {props.rows.map((license) => (
          <tr key={license.id}>
            <th scope="row">
              <Link href={`/licenses/${license.id}`}>
                {license.source?.name ?? license.productName}
              </Link>
              <br />
              <span className="quiet">
                {[license.productName, license.externalId].filter(Boolean).join(" · ")}
                {license.accountId !== props.account && (
                  <>
                    {" · "}
                    <Link href={`/customers/${license.accountId}`}>
                      {license.accountName ?? "name was erased"}
                    </Link>
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
        ))}
      </tbody>
    </table>
  );
}
