/** What a customer may use: each feature, and which license gives how much of it. */

import { Link } from "wouter";
import { count, value } from "../../../shared/format";
import { Empty, Section, Status } from "../../../shared/ui";
import type { CustomerQuery } from "../../operations.generated";

type Module = CustomerQuery["entitlements"][number]["modules"][number];
type Feature = Module["features"][number];

/** How many licenses are named for each feature. */
const NAMED = 4;

/** The same feature of several licenses together, in the order they come. */
function byFeature({ features }: Module): Feature[][] {
  const found = new Map<string, Feature[]>();
  for (const one of features) found.set(one.feature, [...(found.get(one.feature) ?? []), one]);
  return [...found.values()];
}

/** The part of the page. */
export function Gives({ data }: { data: CustomerQuery }) {
  const names = new Map(
    data.licenses.nodes.map((one) => [one.id, one.externalId ?? one.keyMasked ?? "a license"]),
  );
  return (
    <Section
      name="What its licenses give"
      note="Each feature, and how much of it each license gives."
    >
      {data.entitlements.length === 0 && <Empty>Nothing, as long as it has no license.</Empty>}
      {data.entitlements.map((product) => (
        <table key={product.productId} className="table cards">
          <caption>{product.productName}</caption>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Given by</th>
            </tr>
          </thead>
          <tbody>
            {product.modules.flatMap((module) =>
              byFeature(module).map((rows) => (
                <tr key={`${module.module} ${rows[0]?.feature}`}>
                  <th scope="row">
                    {rows[0]?.name}
                    {module.module && <span className="quiet"> · {module.module}</span>}
                  </th>
                  <td data-name="Given by">
                    <ul>
                      {rows.slice(0, NAMED).map((row) => (
                        <Given key={row.licenseId} row={row} name={names.get(row.licenseId)} />
                      ))}
                      {rows.length > NAMED && (
                        <li className="quiet">and {count(rows.length - NAMED)} more licenses</li>
                      )}
                    </ul>
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      ))}
    </Section>
  );
}

function Given({ row, name }: { row: Feature; name: string | undefined }) {
  return (
    <li>
      {value(row.value.text)}
      {row.usage != null && row.limit?.limit != null && (
        <span className="quiet">
          , {count(row.usage)} of {count(row.limit.limit)} used
        </span>
      )}
      <span className="quiet"> · </span>
      <Link href={`/licenses/${row.licenseId}#allows`}>{name ?? "another license"}</Link>
      {row.state !== "ACTIVE" && (
        <>
          {" "}
          <Status of={row.state} />
        </>
      )}
    </li>
  );
}
