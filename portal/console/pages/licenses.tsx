/** All licenses of all customers, as far as the filters in the address let them through. */

import { useState } from "react";
import { Link } from "wouter";
import { useAddress, useTyped } from "../../shared/address";
import { useAsk, usePage } from "../../shared/client";
import { download } from "../../shared/csv";
import { counted, words } from "../../shared/format";
import { Pages } from "../../shared/parts";
import { Answered, Empty, Title } from "../../shared/ui";
import {
  LicenseRowsDocument,
  type LicenseRowsQuery,
  type LicenseStatus,
  LicensesDocument,
  type RowFragment,
} from "../operations.generated";
import { LicenseTable } from "./license/table";

const ROWS = 25;
/** As many as fit the cost that one operation may have. */
const FILE_ROWS = 40;
const STATUSES: LicenseStatus[] = [
  "ACTIVE",
  "ASSIGNED",
  "EXPIRING",
  "GRACE",
  "EXPIRED",
  "SUSPENDED",
  "REVOKED",
  "NOT_STARTED",
];

interface Filters {
  text: string | null;
  status: LicenseStatus[] | null;
  product: string | null;
  account: string | null;
}

/** The list. */
export default function Licenses() {
  const { search, say } = useAddress();
  const text = search.get("text") ?? "";
  const status = STATUSES.filter((one) => (search.get("status") ?? "").split(",").includes(one));
  const after = search.get("after");
  const filters: Filters = {
    text: text || null,
    status: status.length > 0 ? status : null,
    product: search.get("product"),
    account: search.get("account"),
  };
  const page = usePage(LicensesDocument, {
    first: ROWS,
    after,
    ...filters,
    of: filters.account ?? "none",
    named: filters.account !== null,
  });
  const set = (changes: Record<string, string | null>) => say({ after: null, ...changes });
  const [typed, setTyped] = useTyped(text, (next) => set({ text: next }));
  const filtered = Object.values(filters).some((one) => one !== null);
  const toggle = (one: LicenseStatus) => {
    const chosen = status.includes(one) ? status.filter((s) => s !== one) : [...status, one];
    set({ status: chosen.join(",") || null });
  };
  const clear = () => {
    setTyped("");
    set({ text: null, status: null, product: null, account: null });
  };
  const products = page.data?.products.nodes ?? [];
  return (
    <>
      <Title window="Licenses" aside={<File filters={filters} />}>
        Licenses
      </Title>
      <search className="filters">
        <div className="fields">
          <label>
            Search
            <input
              type="search"
              value={typed}
              placeholder="Key or its end, number, customer, person or device"
              onChange={({ target }) => setTyped(target.value)}
            />
          </label>
          <label>
            Product
            <select
              value={filters.product ?? ""}
              onChange={({ target }) => set({ product: target.value || null })}
            >
              <option value="">All products</option>
              {products.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        </div>
        <fieldset>
          <legend className="hidden">Status</legend>
          {STATUSES.map((one) => (
            <button
              type="button"
              key={one}
              className="chip"
              aria-pressed={status.includes(one)}
              onClick={() => toggle(one)}
            >
              {words(one)}
            </button>
          ))}
        </fieldset>
        {filters.account && (
          <p>
            Only of{" "}
            <Link href={`/customers/${filters.account}`}>
              {page.data?.account?.name ?? "one customer"}
            </Link>{" "}
            and the accounts below it.{" "}
            <button type="button" className="small" onClick={() => set({ account: null })}>
              Of all customers
            </button>
          </p>
        )}
      </search>
      <Answered page={page} rows={10}>
        {(data) => (
          <>
            <p className="quiet" role="status">
              {counted(data.licenses.totalCount, "license")}
            </p>
            {data.licenses.nodes.length === 0 ? (
              <Empty
                action={
                  filtered && (
                    <button type="button" onClick={clear}>
                      Show all licenses
                    </button>
                  )
                }
              >
                {filtered
                  ? "No license fits what you are looking for."
                  : "Licenses show here as soon as the first one is issued."}
              </Empty>
            ) : (
              <LicenseTable rows={data.licenses.nodes} />
            )}
            <Pages
              after={after}
              info={data.licenses.pageInfo}
              go={(to) => say({ after: to }, { back: true })}
            />
          </>
        )}
      </Answered>
    </>
  );
}

/** The whole list under the same filters, as a file. */
function File({ filters }: { filters: Filters }) {
  const ask = useAsk();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const save = async () => {
    setBusy(true);
    setFailed(false);
    try {
      const rows: RowFragment[] = [];
      let after: string | null = null;
      do {
        const { licenses }: LicenseRowsQuery = await ask(LicenseRowsDocument, {
          first: FILE_ROWS,
          after,
          ...filters,
        });
        rows.push(...licenses.nodes);
        after = licenses.pageInfo.hasNextPage ? (licenses.pageInfo.endCursor ?? null) : null;
      } while (after);
      give(rows);
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

function give(rows: RowFragment[]): void {
  download(
    "licenses.csv",
    [
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
    ],
    rows.map((row) => [
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
    ]),
  );
}
