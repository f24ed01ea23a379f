/** All licenses, as far as the filters in the address let them through. */

import { type Said, useAddress, useTyped } from "../../shared/address";
import { useAsk, usePage } from "../../shared/client";
import { counted } from "../../shared/format";
import { LicenseTable, SaveAsCsv, StatusChips, statuses } from "../../shared/licenses";
import { Pages } from "../../shared/parts";
import { Answered, Empty, Title } from "../../shared/ui";
import { LicensesDocument } from "../operations.generated";

const ROWS = 25;
/** How many rows are asked for at once for a file. */
const FILE_ROWS = 25;

/** The list. */
export default function Licenses() {
  const { search, say } = useAddress();
  const text = search.get("text") ?? "";
  const status = statuses(search.get("status"));
  const after = search.get("after");
  const filters = { text: text || null, status: status.length > 0 ? status : null };
  const page = usePage(LicensesDocument, { first: ROWS, after, ...filters });
  const set = (changes: Said) => say({ after: null, ...changes }, { back: "after" in changes });
  const [typed, setTyped] = useTyped(text, (rested) => set({ text: rested }));
  const ask = useAsk();
  const part = async (after: string | null) =>
    (await ask(LicensesDocument, { first: FILE_ROWS, after, ...filters })).licenses;
  return (
    <>
      <Title window="Licenses" aside={<SaveAsCsv part={part} />}>
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
        <StatusChips chosen={status} choose={(said) => set({ status: said })} />
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
              <LicenseTable
                rows={data.licenses.nodes}
                name={({ productName }) => productName}
                about={({ source, externalId, accountName }) => [
                  source?.name,
                  externalId,
                  accountName,
                ]}
              />
            )}
            <Pages after={after} info={data.licenses.pageInfo} go={(to) => set({ after: to })} />
          </>
        )}
      </Answered>
    </>
  );
}
