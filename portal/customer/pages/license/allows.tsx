/** What a license allows, and where each value comes from. */

import { download } from "../../../shared/csv";
import { relative, sentence } from "../../../shared/format";
import { Empty, Section, Status, Usage } from "../../../shared/ui";
import type { Shown } from "./shown";

function source(one: Shown["entitlements"][number]["sources"][number]): string {
  if (one.kind === "GRANTED_UNITS") return "units granted on top";
  const offering = `${one.offeringCode ?? "offering"}, version ${one.offeringVersion ?? "?"}`;
  const kind = one.kind === "ADD_ON" ? `added with ${offering}` : offering;
  return one.allFeatures ? `${kind} (all features)` : kind;
}

/** The table of features. */
export function Allows({ license }: { license: Shown }) {
  return (
    <Section
      name="What it allows"
      id="allows"
      note="Each value, where it comes from, and whether it can be used."
      aside={
        <button
          type="button"
          className="small"
          onClick={() =>
            download(
              "entitlements.csv",
              ["feature", "name", "value", "state", "reason", "used", "limit", "sources"],
              license.entitlements.map((one) => [
                one.feature,
                one.name,
                one.value.text,
                one.state,
                one.reason,
                one.usage,
                one.limit?.limit,
                one.sources.map(source).join("; "),
              ]),
            )
          }
        >
          CSV
        </button>
      }
    >
      {license.entitlements.length === 0 ? (
        <Empty>This license gives no feature.</Empty>
      ) : (
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Value</th>
              <th scope="col">Comes from</th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            {license.entitlements.map((one) => (
              <tr key={one.feature}>
                <th scope="row">
                  {one.name}
                  {one.module && <span className="quiet"> · {one.module}</span>}
                </th>
                <td data-name="Value">
                  {one.type === "METERED" && one.limit && !one.limit.unlimited ? (
                    <Usage
                      label={one.name}
                      hideLabel
                      used={one.usage ?? "0"}
                      limit={one.limit.limit}
                    />
                  ) : (
                    one.value.text
                  )}
                  {one.resetsAt && (
                    <span className="quiet">counts anew {relative(one.resetsAt, license.at)}</span>
                  )}
                </td>
                <td data-name="Comes from" className="quiet">
                  {one.sources.map((from) => (
                    <div key={source(from)}>{source(from)}</div>
                  ))}
                </td>
                <td data-name="Now">
                  <Status of={one.state} />
                  {one.state !== "ACTIVE" && (
                    <>
                      <br />
                      <span className="quiet">{sentence(one.reason)}</span>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
