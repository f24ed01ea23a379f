/** What a license allows, and where each value comes from. */

import { download } from "./csv";
import { relative, sentence, value } from "./format";
import { Empty, Section, Status, Usage } from "./ui";

/** What a license gives of one feature, as pages ask for it. */
export interface Given {
  feature: string;
  name: string;
  module?: string | null;
  type: string;
  value: { text: string };
  sources: {
    kind: string;
    offeringCode?: string | null;
    offeringVersion?: number | null;
    allFeatures: boolean;
  }[];
  usage?: string | null;
  limit?: { unlimited: boolean; limit?: string | null } | null;
  resetsAt?: string | null;
  state: string;
  reason: string;
}

function source(one: Given["sources"][number]): string {
  if (one.kind === "GRANTED_UNITS") return "units granted on top";
  const offering = `${one.offeringCode ?? "offering"}, version ${one.offeringVersion ?? "?"}`;
  const kind = one.kind === "ADD_ON" ? `added with ${offering}` : offering;
  return one.allFeatures ? `${kind} (all features)` : kind;
}

function save(given: Given[]): void {
  download(
    "entitlements.csv",
    ["feature", "name", "value", "state", "reason", "used", "limit", "sources"],
    given.map((one) => [
      one.feature,
      one.name,
      one.value.text,
      one.state,
      one.reason,
      one.usage,
      one.limit?.limit,
      one.sources.map(source).join("; "),
    ]),
  );
}

/** The table of features, as they were at an instant. */
export function Allows({ given, at }: { given: Given[]; at: string }) {
  return (
    <Section
      name="What it allows"
      id="allows"
      note="Each value, where it comes from, and whether it can be used."
      aside={
        <button type="button" className="small" onClick={() => save(given)}>
          CSV
        </button>
      }
    >
      {given.length === 0 ? (
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
            {given.map((one) => (
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
                    value(one.value.text)
                  )}
                  {one.resetsAt && (
                    <span className="quiet">counts anew {relative(one.resetsAt, at)}</span>
                  )}
                </td>
                <td data-name="Comes from" className="quiet">
                  {one.sources.map((from) => (
                    <div key={source(from)}>{source(from)}</div>
                  ))}
                </td>
                <td data-name="Now">
                  <Status of={one.state} />
                  {/* That it is in its term, each feature in use would say. */}
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
