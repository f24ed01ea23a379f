/** Licenses of customers as rows. */

import { LicenseTable, type Row } from "../../../shared/licenses";

/** The table; the customer is named where it is another one than the page is about. */
export function Rows(props: { rows: Row[]; account?: string | null }) {
  return (
    <LicenseTable
      rows={props.rows}
      name={({ source, productName }) => source?.name ?? productName}
      about={({ productName, externalId }) => [productName, externalId]}
      customer={({ accountId }) => (accountId === props.account ? null : `/customers/${accountId}`)}
    />
  );
}
