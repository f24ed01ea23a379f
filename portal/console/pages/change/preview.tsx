/** What a change brings, feature by feature. */

import type { ReactNode } from "react";
import { statement, value } from "../../../shared/format";
import { Section } from "../../../shared/ui";
import type { ChangeKind, ChangeQuery } from "../../operations.generated";

const KINDS: Record<ChangeKind, { word: string; tone: string }> = {
  GAINED: { word: "Gained", tone: "good" },
  LOST: { word: "Lost", tone: "bad" },
  ALTERED: { word: "Altered", tone: "warn" },
  SAME: { word: "Stays", tone: "off" },
};

/** The table, what changes first; and the button that makes it so. */
export function Preview(props: {
  preview: NonNullable<ChangeQuery["licenseChangePreview"]>;
  act: ReactNode;
}) {
  const { changes, possible, userErrors } = props.preview;
  const rows = [
    ...changes.filter(({ change }) => change !== "SAME"),
    ...changes.filter(({ change }) => change === "SAME"),
  ];
  return (
    <Section name="What it brings" note="Nothing is recorded yet." aside={possible && props.act}>
      {userErrors.map((error) => (
        <p key={error.code} className="refused">
          <strong>{statement(error.message)}</strong> {statement(error.advice)}
        </p>
      ))}
      {rows.length > 0 && (
        <table className="table cards">
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Now</th>
              <th scope="col">After</th>
              <th scope="col">Change</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.feature}>
                <th scope="row">{row.name}</th>
                <td data-name="Now">{said(row.before)}</td>
                <td data-name="After">{said(row.after)}</td>
                <td data-name="Change">
                  <span className={`status ${KINDS[row.change]?.tone ?? "off"}`}>
                    {KINDS[row.change]?.word ?? row.change}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function said(text: string | null | undefined): ReactNode {
  return text == null ? <span className="quiet">not given</span> : value(text);
}
