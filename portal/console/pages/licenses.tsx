/** All licenses of all customers, as far as the filters in the address let them through. */

import { Link } from "wouter";
import { useAddress, useTyped } from "../../shared/address";
import { useAsk, usePage } from "../../shared/client";
import { counted } from "../../shared/format";
import { type LicenseStatus, SaveAsCsv, StatusChips, statuses } from "../../shared/licenses";
import { Pages } from "../../shared/parts";
import { Answered, Empty, Title } from "../../shared/ui";
import { LicenseRowsDocument, LicensesDocument } from "../operations.generated";
import { Rows } from "./license/table";

const ROWS = 25;
/** As many as fit the cost that one operation may have. */
const FILE_ROWS = 40;

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
  const status = statuses(search.get("status"));
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
  const clear = () => {
    setTyped("");
    set({ text: null, status: null, product: null, account: null });
  };
  const ask = useAsk();
  const part = async (after: string | null) =>
    (await ask(LicenseRowsDocument, { first: FILE_ROWS, after, ...filters })).licenses;
  const products = page.data?.products.nodes ?? [];
  return (
    <>
      <Title window="Licenses" aside={<SaveAsCsv part={part} />}>
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
        <StatusChips chosen={status} choose={(said) => set({ status: said })} />
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
              <Rows rows={data.licenses.nodes} />
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
