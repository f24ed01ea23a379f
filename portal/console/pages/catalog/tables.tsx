/** The parts of a product, each as a table. */

import type { ReactNode } from "react";
import { bound, day, duration, sentence, value, words } from "../../../shared/format";
import { Empty } from "../../../shared/ui";
import type { PartsFragment } from "../../operations.generated";

interface Part {
  product: PartsFragment;
}

interface Column<Row> {
  name: string;
  of: (row: Row) => ReactNode;
}

/** A table whose first column names its rows. */
function Table<Row>(props: {
  rows: Row[];
  id: (row: Row) => string;
  columns: [Column<Row>, ...Column<Row>[]];
  empty: string;
}) {
  const [first, ...others] = props.columns;
  if (props.rows.length === 0) return <Empty>{props.empty}</Empty>;
  return (
    <table className="table cards">
      <thead>
        <tr>
          {props.columns.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={props.id(row)}>
            <th scope="row">{first.of(row)}</th>
            {others.map(({ name, of }) => (
              <td key={name} data-name={name}>
                {of(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A name for people, then the one for programs and the version. */
function Named(props: { name: string; code: string; version?: number }) {
  return (
    <>
      {props.name}
      <br />
      <span className="quiet">
        {props.code}
        {props.version !== undefined && ` · version ${props.version}`}
      </span>
    </>
  );
}

const byCode = ({ code }: { code: string }) => code;

/** What can be ordered. */
export function Offerings({ product }: Part) {
  const edition = (code: string) => product.editions.find((one) => one.code === code)?.name ?? code;
  const plan = (code: string) => product.plans.find((one) => one.code === code)?.name ?? code;
  return (
    <Table
      rows={product.offerings}
      id={byCode}
      empty="Nothing can be ordered yet."
      columns={[
        { name: "Offering", of: Named },
        {
          name: "Edition",
          of: (one) => (
            <span>
              {edition(one.edition)} <span className="quiet">version {one.editionVersion}</span>
            </span>
          ),
        },
        {
          name: "Plan",
          of: (one) => (
            <span>
              {plan(one.plan)} <span className="quiet">version {one.planVersion}</span>
            </span>
          ),
        },
        { name: "Seats", of: ({ seats }) => bound(seats) },
        { name: "Devices", of: ({ devices }) => bound(devices) },
        { name: "Domains", of: ({ domains }) => bound(domains) },
      ]}
    />
  );
}

/** Offerings given as one. */
export function Bundles({ product }: Part) {
  return (
    <Table
      rows={product.bundles}
      id={byCode}
      empty="There is no bundle yet."
      columns={[
        { name: "Bundle", of: Named },
        { name: "Offerings", of: (one) => one.offerings.map(({ name }) => name).join(", ") },
        {
          name: "Who adds it",
          of: (one) => (one.selfService ? "the customer too, without asking" : "only you"),
        },
      ]}
    />
  );
}

const TYPES: Record<string, string> = {
  BOOLEAN: "on or off",
  CONFIG: "a setting",
  ENUM: "one of",
  METERED: "used up in units",
};

/** What licenses can give. */
export function Features({ product }: Part) {
  return (
    <Table
      rows={product.features}
      id={({ key }) => key}
      empty="It has no feature yet."
      columns={[
        { name: "Feature", of: (one) => <Named name={one.name} code={one.key} /> },
        { name: "Module", of: ({ module }) => module ?? <span className="quiet">none</span> },
        {
          name: "Kind",
          of: (one) => {
            const kind = sentence(TYPES[one.type] ?? words(one.type));
            if (one.unit) return `${kind}: ${one.unit}`;
            return one.choices ? `${kind}: ${one.choices.join(", ")}` : kind;
          },
        },
      ]}
    />
  );
}

/** Templates of values. */
export function Editions({ product }: Part) {
  const feature = (key: string) => product.features.find((one) => one.key === key)?.name ?? key;
  return (
    <Table
      rows={product.editions}
      id={byCode}
      empty="It has no edition yet."
      columns={[
        { name: "Edition", of: Named },
        {
          name: "Gives",
          of: (one) => (
            <ul>
              {one.allFeatures && <li>Every feature, also those that are added later</li>}
              {one.values.map((given) => (
                <li key={given.feature}>
                  {feature(given.feature)}: {value(given.value.text)}
                </li>
              ))}
            </ul>
          ),
        },
      ]}
    />
  );
}

const STARTS: Record<string, string> = {
  ISSUE: "when it is issued",
  FIRST_ACTIVATION: "with the first activation",
};

/** How time runs. */
export function Plans({ product }: Part) {
  return (
    <Table
      rows={product.plans}
      id={byCode}
      empty="It has no plan yet."
      columns={[
        { name: "Plan", of: Named },
        { name: "Kind", of: ({ terms }) => words(terms.planKind) },
        { name: "Runs", of: ({ terms }) => (terms.term ? duration(terms.term) : "without an end") },
        { name: "Starts", of: ({ terms }) => STARTS[terms.starts] ?? words(terms.starts) },
        { name: "Grace", of: ({ terms }) => (terms.grace ? duration(terms.grace) : "none") },
        {
          name: "New releases",
          of: ({ terms }) =>
            terms.maintenance ? `for ${duration(terms.maintenance)}` : "for the whole term",
        },
      ]}
    />
  );
}

/** The versions of the software. */
export function Releases({ product }: Part) {
  return (
    <Table
      rows={product.releases}
      id={({ version }) => version}
      empty="No release was published yet."
      columns={[
        { name: "Version", of: ({ version }) => version },
        { name: "Came out", of: ({ releasedAt }) => day(releasedAt) },
      ]}
    />
  );
}
