/** All licenses, as far as the filters in the address let them through. */

import { useState } from "react";
import { Link } from "wouter";
import { type Said, useAddress, useTyped } from "../../shared/address";
import { useAsk, usePage } from "../../shared/client";
import { download } from "../../shared/csv";
import { counted, words } from "../../shared/format";
import { Of, Pages } from "../../shared/parts";
import { Answered, Copyable, Empty, Status, Title, When } from "../../shared/ui";
import { type LicenseStatus, LicensesDocument, type LicensesQuery } from "../operations.generated";

const ROWS = 25;
/** How many rows are asked for at once for a file. */
const FILE_ROWS = 25;
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

/** The list. */
export default function Licenses() {
  const { search, say } = useAddress();
  const text = search.get("text") ?? "";
  const status = STATUSES.filter((one) => (search.get("status") ?? "").split(",").includes(one));
  const after = search.get("after");
  const filters = { text: text || null, status: status.length > 0 ? status : null };
  const page = usePage(LicensesDocument, { first: ROWS, after, ...filters });
  const set = (changes: Said) => say({ after: null, ...changes }, { back: "after" in changes });
  const [typed, setTyped] = useTyped(text, (rested) => set({ text: rested }));
  const toggle = (one: LicenseStatus) => {
    const chosen = status.includes(one) ? status.filter((s) => s !== one) : [...status, one];
    set({ status: chosen.join(",") || null });
  };
  return (
    <>
      <Title window="Licenses" aside={<File filters={filters} />}>
        Licenses
      </Title>
      <search className="filters">
        <label>
          Search
          <input
            type="search"
            value={typed}
            placeholder="Part of a key, product, person or device"
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
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
                  (text || status.length > 0) && (
                    <button
                      type="button"
                      onClick={() => {
                        setTyped("");
                        set({ text: null, status: null });
                      }}
                    >
                      Show all licenses
                    </button>
                  )
                }
              >
                {text || status.length > 0
                  ? "No license fits what you are looking for."
                  : "Your licenses show here as soon as your vendor issues one to you."}
              </Empty>
            ) : (
              <Table data={data} />
            )}
            <Pages after={after} info={data.licenses.pageInfo} go={(to) => set({ after: to })} />
          </>
        )}
      </Answered>
    </>
  );
}

type Row = LicensesQuery["licenses"]["nodes"][number];

function Table({ data }: { data: LicensesQuery }) {
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">Product</th>
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
        {data.licenses.nodes.map((license) => (
          <tr key={license.id}>
            <th scope="row">
              <Link href={`/licenses/${license.id}`}>{license.productName}</Link>
              <br />
              <span className="quiet">
                {[license.source?.name, license.externalId, license.accountName]
                  .filter(Boolean)
                  .join(" · ")}
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

/** The whole list under the same filters, as a file. */
function File(props: { filters: { text: string | null; status: LicenseStatus[] | null } }) {
  const ask = useAsk();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const save = async () => {
    setBusy(true);
    setFailed(false);
    try {
      const rows: Row[] = [];
      let after: string | null = null;
      do {
        const { licenses }: LicensesQuery = await ask(LicensesDocument, {
          first: FILE_ROWS,
          after,
          ...props.filters,
        });
        rows.push(...licenses.nodes);
        after = licenses.pageInfo.hasNextPage ? (licenses.pageInfo.endCursor ?? null) : null;
      } while (after);
      download(
        "licenses.csv",
        [
          "id",
          "number",
          "product",
          "offering",
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
