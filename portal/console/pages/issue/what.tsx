/** Choosing what is issued, and seeing what it gives. */

import { Section } from "../../../shared/ui";
import type { IssueQuery } from "../../operations.generated";
import { type Gift, type Source, sources } from "./grants";

/** The product, what is issued of it, and what that gives. */
export function What(props: {
  data: IssueQuery;
  search: URLSearchParams;
  say: (changes: Record<string, string | null>) => void;
}) {
  const { data, search, say } = props;
  const all = data.product ? sources(data.product) : null;
  const wanted = search.get("source") ?? "";
  const chosen = [...(all?.bundles ?? []), ...(all?.offerings ?? [])].find(
    ({ id }) => id === wanted,
  );
  return (
    <>
      <Section name="What">
        <div className="stack">
          <label>
            Product
            <select
              value={search.get("product") ?? ""}
              onChange={({ target }) => say({ product: target.value || null, source: null })}
            >
              <option value="">Choose a product</option>
              {data.products.nodes.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          {all && (
            <label>
              Offering or bundle
              <select
                value={chosen?.id ?? ""}
                onChange={({ target }) => say({ source: target.value || null })}
              >
                <option value="">Choose what to issue</option>
                <Options label="Bundles" of={all.bundles} />
                <Options label="Offerings" of={all.offerings} />
              </select>
            </label>
          )}
        </div>
      </Section>
      {chosen && (
        <Section
          name="What it gives"
          note={
            chosen.gifts.length > 1
              ? "Each offering in it on its own. What they give together is on the license’s page."
              : undefined
          }
        >
          {chosen.gifts.map((gift) => (
            <Given key={gift.code} gift={gift} />
          ))}
        </Section>
      )}
    </>
  );
}

function Options({ label, of }: { label: string; of: Source[] }) {
  if (of.length === 0) return null;
  return (
    <optgroup label={label}>
      {of.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name} · {one.code}
        </option>
      ))}
    </optgroup>
  );
}

function Given({ gift }: { gift: Gift }) {
  return (
    <table className="table">
      <caption>
        {gift.name}{" "}
        <span className="quiet">
          {gift.code}, version {gift.version}
          {!gift.exact && ". Its features are an older version than the catalog shows here."}
        </span>
      </caption>
      <thead className="hidden">
        <tr>
          <th scope="col">What</th>
          <th scope="col">How much</th>
        </tr>
      </thead>
      <tbody>
        {gift.grants.map(({ name, value }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="figure">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
