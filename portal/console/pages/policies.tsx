/** The vendor's policies: by when notice of an automatic renewal is given, in each country; every version that was. */

import { useState } from "react";
import { type Done, useChange, usePage } from "../../shared/client";
import { country } from "../../shared/contract";
import { count, counted, moment } from "../../shared/format";
import { Answered, Confirm, Empty, Recorded, Section, Title } from "../../shared/ui";
import {
  NoticePolicyPublishDocument,
  PoliciesDocument,
  type PoliciesQuery,
} from "../operations.generated";
import { type Rule, read, written } from "./policies/rules";

type Version = PoliciesQuery["noticePolicies"][number];

/** The page. */
export default function Policies() {
  const page = usePage(PoliciesDocument, {});
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  return (
    <>
      <Title window="Policies">Policies</Title>
      <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
      <Answered page={page} rows={8}>
        {({ noticePolicies: [newest, ...older], viewer }) => (
          <div className="stack">
            <Section
              name="Notice of automatic renewals"
              note="By when notice must be given before a term ends, and for how long after it a renewed term can be cancelled. Each license shows the dates of the country in its contract."
              aside={
                viewer.role === "OPERATOR" && (
                  <Publish
                    key={newest?.version ?? 0}
                    newest={newest ?? null}
                    show={(what) => (done) => {
                      setLast({ done, what });
                      page.retry();
                    }}
                  />
                )
              }
            >
              {newest ? (
                <Rules of={newest} />
              ) : (
                <Empty>
                  No version was published yet: licenses show no date for notice. Which periods
                  count is for your lawyers to say.
                </Empty>
              )}
            </Section>
            {older.length > 0 && (
              <Section name="Versions before" note="What counted then stays what it was.">
                {older.map((one) => (
                  <details key={one.version}>
                    <summary>
                      Version {count(one.version)}, from {moment(one.publishedAt)}
                    </summary>
                    <Rules of={one} />
                  </details>
                ))}
              </Section>
            )}
          </div>
        )}
      </Answered>
    </>
  );
}

function Rules({ of }: { of: Version }) {
  return (
    <table className="table">
      <caption>
        Version {count(of.version)}{" "}
        <span className="quiet">counts since {moment(of.publishedAt)}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">Country</th>
          <th scope="col" className="figure">
            Notice
          </th>
          <th scope="col" className="figure">
            To cancel
          </th>
        </tr>
      </thead>
      <tbody>
        {of.rules.map((rule) => (
          <tr key={rule.country ?? "*"}>
            <th scope="row">{rule.country ? country(rule.country) : "All other countries"}</th>
            <td className="figure">{counted(rule.noticeDays, "day")} before</td>
            <td className="figure">
              {rule.cancelDays === 0 ? "cannot" : `${counted(rule.cancelDays, "day")} after`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Publish(props: { newest: Version | null; show: (what: string) => (done: Done) => void }) {
  const publish = useChange(NoticePolicyPublishDocument);
  const version = (props.newest?.version ?? 0) + 1;
  const [text, setText] = useState(written(props.newest?.rules ?? []));
  const { rules, fault } = read(text);
  return (
    <Confirm
      button="Publish a version"
      title={`Publish version ${version} of the notice periods?`}
      ready={fault === null}
      effects={
        <div className="stack">
          <p>
            It counts from now on for every license, and stays for good. Nobody here checks what the
            law of a country says: that is yours.
          </p>
          <label>
            One country a line: its two letters, days of notice, days to cancel; * is all others
            <textarea
              rows={10}
              value={text}
              spellCheck={false}
              onChange={({ target }) => setText(target.value)}
            />
          </label>
          <label>
            Or from a file
            <input
              type="file"
              accept=".csv,text/csv"
              onChange={async ({ target }) => setText((await target.files?.[0]?.text()) ?? text)}
            />
          </label>
          {fault ? <p className="refused">{fault}</p> : <Summary rules={rules} />}
        </div>
      }
      act="Publish it"
      keep="Not now"
      onConfirm={() => publish({ version, rules })}
      onDone={props.show(`Version ${version} counts from now on.`)}
    />
  );
}

function Summary({ rules }: { rules: Rule[] }) {
  const own = rules.filter((rule) => rule.country !== null);
  return (
    <p className="quiet">
      {counted(own.length, "country has", "countries have")} a rule of its own.
    </p>
  );
}
