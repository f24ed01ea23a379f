/** Choosing the customer that a license is issued to. */

import { useTyped } from "../../../shared/address";
import { Empty, Section } from "../../../shared/ui";
import type { IssueQuery } from "../../operations.generated";

/** How many are offered; more is better searched for. */
const ROWS = 8;

/** The customer, or a search for one. */
export function Choose(props: {
  data: IssueQuery;
  text: string;
  say: (changes: Record<string, string | null>) => void;
}) {
  const { data, text, say } = props;
  const [typed, setTyped] = useTyped(text, (next) => say({ text: next }));
  if (data.account) {
    return (
      <Section
        name="Customer"
        aside={
          <button type="button" className="small" onClick={() => say({ account: null })}>
            Another one
          </button>
        }
      >
        <p>
          {data.account.name ?? "Name was erased"}{" "}
          <span className="quiet">{data.account.externalId}</span>
        </p>
      </Section>
    );
  }
  const found = (data.find ?? []).flatMap(({ found }) =>
    found.__typename === "Account" ? [found] : [],
  );
  return (
    <Section name="Customer">
      <div className="stack">
        <label>
          Search
          <input
            type="search"
            value={typed}
            placeholder="The beginning of its name, or its number"
            onChange={({ target }) => setTyped(target.value)}
          />
        </label>
        {text.trim() && found.length === 0 && (
          <Empty>No customer fits. Its account has to be opened first.</Empty>
        )}
        <ul className="rows">
          {found.slice(0, ROWS).map((account) => (
            <li key={account.id} className="row">
              <span>
                {account.name ?? "Name was erased"}{" "}
                <span className="quiet">{account.externalId}</span>
              </span>
              <button
                type="button"
                className="small"
                aria-label={`Choose ${account.name}`}
                onClick={() => say({ account: account.id, text: null })}
              >
                Choose
              </button>
            </li>
          ))}
        </ul>
        {found.length > ROWS && <p className="note">Type more of it to see fewer.</p>}
      </div>
    </Section>
  );
}
