/** Why a license does not work: all checks that fail, each with what to do about it. */

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { Choice, type Row, type Search } from "../../shared/choice";
import { usePage } from "../../shared/client";
import { count, counted, instant, moment, sentence, words } from "../../shared/format";
import { called } from "../../shared/seats";
import { Answered, Empty, Section, Status, Title } from "../../shared/ui";
import { DiagnoseDocument, type DiagnoseQuery } from "../operations.generated";

type Check = NonNullable<DiagnoseQuery["diagnose"]>["checks"][number];

/** The page. What is asked is in the address, so that it can be sent to a colleague. */
export default function Diagnose() {
  const [search, setSearch] = useSearchParams();
  const license = search.get("license") ?? "";
  const part = (name: string) => search.get(name) || null;
  const at = search.get("at");
  const person = search.get("person") ?? "";
  const [licenses, findLicense] = useState("");
  const [people, findPerson] = useState("");
  const page = usePage(DiagnoseDocument, {
    id: license || "none",
    ask: license !== "",
    at: at ? instant(at) : null,
    person: person || "none",
    named: person !== "",
    license: licenses || null,
    people,
    input: {
      licenseId: license || "none",
      feature: part("feature"),
      memberId: part("person"),
      fingerprint: part("device"),
      domain: part("domain"),
      version: part("version"),
    },
  });
  const set = (name: string) => (value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(name === "license" ? {} : now);
        if (value) next.set(name, value);
        else next.delete(name);
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <Title window="Why doesn’t it work?">Why doesn’t it work?</Title>
      <Answered page={page} rows={8}>
        {(data) => (
          <div className="grid">
            <Question
              data={data}
              search={search}
              set={set}
              licenses={{ text: licenses, find: findLicense }}
              people={{ text: people, find: findPerson }}
            />
            {data.diagnose ? (
              <Answer data={data} license={license} />
            ) : (
              <section className="card" aria-label="Answer">
                <Empty>
                  {license
                    ? "This license is not there, or is not yours."
                    : "Choose a license. You then see every check it fails, and what to do about each."}
                </Empty>
              </section>
            )}
          </div>
        )}
      </Answered>
    </>
  );
}

/** A license as one chooses it. */
function rowOf(one: DiagnoseQuery["licenses"]["nodes"][number]): Row {
  const text = `${one.productName} · ${one.externalId ?? one.keyMasked} · ${words(one.status)}`;
  return { id: one.id, text };
}

function Question(props: {
  data: DiagnoseQuery;
  search: URLSearchParams;
  set: (name: string) => (value: string) => void;
  licenses: Search;
  people: Search;
}) {
  const { data, search, set } = props;
  const license = data.license;
  const people = data.account?.people;
  const person = data.person && "id" in data.person ? data.person : null;
  const feature = search.get("feature");
  const devices = license?.devices.nodes.filter(({ kind }) => kind === "DEVICE") ?? [];
  return (
    <Section
      name="What does not work?"
      note="Leave empty what you do not know: it is then not checked."
    >
      <form className="stack" onSubmit={(event) => event.preventDefault()}>
        <Choice
          label="License"
          search={{
            ...props.licenses,
            label: "Find a license",
            placeholder: "Product, number, key, person or device",
          }}
          rows={data.licenses.nodes.map(rowOf)}
          total={data.licenses.totalCount}
          value={search.get("license") ?? ""}
          chosen={license && rowOf(license)}
          empty="Choose a license"
          choose={set("license")}
        />
        {license && (
          <>
            <label>
              Feature
              <select
                value={search.get("feature") ?? ""}
                onChange={({ target }) => set("feature")(target.value)}
              >
                <option value="">The license itself</option>
                {feature && !license.entitlements.some((one) => one.feature === feature) && (
                  <option value={feature}>{feature} (not in this license)</option>
                )}
                {license.entitlements.map((one) => (
                  <option key={one.feature} value={one.feature}>
                    {one.name}
                  </option>
                ))}
              </select>
            </label>
            <Choice
              label="Person"
              search={{ ...props.people, label: "Find a person", placeholder: "Name or e-mail" }}
              rows={(people?.nodes ?? []).map((one) => ({
                id: one.id,
                text: called(one, people?.nodes ?? []),
              }))}
              total={people?.totalCount ?? 0}
              value={search.get("person") ?? ""}
              chosen={person && { id: person.id, text: person.name ?? person.id }}
              empty="Nobody in particular"
              choose={set("person")}
            />
            <label>
              Device, by its fingerprint
              <input
                list="devices"
                value={search.get("device") ?? ""}
                onChange={({ target }) => set("device")(target.value)}
              />
              <datalist id="devices">
                {devices.map((one) => (
                  <option key={one.id} value={one.fingerprint ?? ""}>
                    {one.name}
                  </option>
                ))}
              </datalist>
            </label>
            <label>
              Version of the software
              <input
                value={search.get("version") ?? ""}
                placeholder="2.4.0"
                onChange={({ target }) => set("version")(target.value)}
              />
            </label>
            <label>
              When
              <input
                type="datetime-local"
                value={search.get("at") ?? ""}
                onChange={({ target }) => set("at")(target.value)}
              />
            </label>
          </>
        )}
      </form>
    </Section>
  );
}

function Answer({ data, license }: { data: DiagnoseQuery; license: string }) {
  const found = data.diagnose;
  if (!found) return null;
  const failing = found.checks.filter(({ passed }) => !passed);
  const passing = found.checks.filter(({ passed }) => passed);
  return (
    <section className={`card health ${found.allowed ? "good" : "bad"}`} aria-labelledby="answer">
      <h2 id="answer" aria-live="polite">
        {found.allowed
          ? "It works"
          : failing.length === 1
            ? "One thing stops it"
            : `${failing.length} things stop it`}
      </h2>
      <p className="quiet">
        {data.license && (
          <>
            <Link href={`/licenses/${license}`}>{data.license.productName}</Link>{" "}
            <Status of={data.license.status} />{" "}
          </>
        )}
        as of {moment(found.at)}
        {found.position != null && `, at #${count(found.position)}`}
      </p>
      {found.allowed && <p>{sentence(found.reason)}.</p>}
      <ol className="checks">
        {failing.map((check) => (
          <li key={check.code}>
            <strong>{sentence(check.message)}</strong>
            <Numbers check={check} />
            <Mend check={check} license={license} />
          </li>
        ))}
      </ol>
      {found.warnings.map((warning) => (
        <p key={warning.code} className="past">
          {sentence(warning.message)}
        </p>
      ))}
      {passing.length > 0 && (
        <details>
          <summary>{counted(passing.length, "check")} passed</summary>
          <ul className="rows">
            {passing.map((check) => (
              <li key={check.code}>
                {sentence(check.message)}
                <Numbers check={check} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Numbers({ check }: { check: Check }) {
  return (
    <span className="quiet">
      {check.numbers
        .map(({ name, value }) => `${words(name)}: ${/T.*Z$/.test(value) ? moment(value) : value}`)
        .join(" · ")}
      {check.numbers.length > 0 && " · "}
      {check.code}, rule {check.rule}
    </span>
  );
}

/** Where each fix is done. What is not here is somebody else's to do: the words say whose. */
const PLACES: Record<string, { to: (license: string) => string; button: string }> = {
  ASSIGN_SEAT: { to: (id) => `/licenses/${id}#seats`, button: "Assign a seat" },
  FREE_SEAT: { to: (id) => `/licenses/${id}#seats`, button: "See who has a seat" },
  FREE_DEVICE: { to: (id) => `/licenses/${id}#devices`, button: "Free a device" },
  FREE_DOMAIN: { to: (id) => `/licenses/${id}#devices`, button: "Free a domain" },
  ACTIVATE: { to: (id) => `/licenses/${id}#devices`, button: "See what is activated" },
  UPGRADE: { to: (id) => `/licenses/${id}#allows`, button: "See what it allows" },
  CHECK_FEATURE: { to: (id) => `/licenses/${id}#allows`, button: "See what it allows" },
  CHECK_REQUEST: { to: (id) => `/licenses/${id}#allows`, button: "See what it allows" },
  GET_UNITS: { to: (id) => `/licenses/${id}#allows`, button: "See what is used" },
  RENEW: { to: (id) => `/licenses/${id}`, button: "See its term" },
  USE_INCLUDED_VERSION: { to: (id) => `/licenses/${id}`, button: "See its term" },
  WAIT: { to: (id) => `/licenses/${id}`, button: "See when it starts" },
  CLEAR_BLOCKER: { to: (id) => `/licenses/${id}#history`, button: "See who stopped it" },
  CHECK_LICENSE: { to: () => "/licenses", button: "See your licenses" },
  GET_LICENSE: { to: () => "/licenses", button: "See your licenses" },
};

function Mend({ check, license }: { check: Check; license: string }) {
  if (!check.fix) return null;
  const place = PLACES[check.fix.code];
  const text = check.fix.text;
  return (
    <span className="mend">
      <span>{sentence(text)}.</span>
      {place && (
        <Link className="button" href={place.to(license)}>
          {place.button}
        </Link>
      )}
    </span>
  );
}
