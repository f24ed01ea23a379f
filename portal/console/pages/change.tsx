/** Changing what a license gives: seen feature by feature before it is recorded. */

import { useState } from "react";
import { Link } from "wouter";
import { useAddress } from "../../shared/address";
import { type Done, useChange, usePage } from "../../shared/client";
import { day } from "../../shared/format";
import { Crumbs } from "../../shared/parts";
import { Answered, Confirm, Empty, Recorded, Section, Skeleton, Title } from "../../shared/ui";
import {
  ChangeDocument,
  type ChangeQuery,
  LicenseApplyBundleDocument,
  LicenseChangeOfferingDocument,
  LicenseRemoveBundleDocument,
  type UsageOnSwitch,
} from "../operations.generated";
import { Preview } from "./change/preview";
import { named } from "./license/shown";

type License = NonNullable<ChangeQuery["license"]>;

/** What the address says is to be changed. */
interface Asked {
  to: string | null;
  add: string | null;
  usage: UsageOnSwitch;
}

/** The page. The product is in the address, so that one question is enough for the license and what it can be on. */
export default function Change({ id }: { id: string }) {
  const { search, say } = useAddress();
  const add = search.get("add");
  const asked: Asked = {
    to: add ? null : search.get("to"),
    add,
    usage: search.get("usage") === "RESTART" ? "RESTART" : "CARRY",
  };
  const page = usePage(ChangeDocument, {
    id,
    product: search.get("product") ?? "none",
    ask: asked.to !== null || asked.add !== null,
    input: {
      licenseId: id,
      changeOffering: asked.to,
      applyBundle: asked.add,
      usage: asked.to ? asked.usage : null,
    },
  });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => {
    setLast({ done, what });
    say({ to: null, add: null, usage: null });
  };
  return (
    <Answered page={page} rows={8}>
      {(data) => {
        const { license, product } = data;
        if (!license || !product || data.viewer.role !== "OPERATOR") {
          return (
            <>
              <Title window="Change a license">Nothing can be changed here</Title>
              <Empty action={<Link href={`/licenses/${id}`}>Go to the license</Link>}>
                {data.viewer.role === "OPERATOR"
                  ? "Choose “Change what it gives” on the page of the license."
                  : "Your role reads everything and changes nothing."}
              </Empty>
            </>
          );
        }
        return (
          <>
            <Crumbs
              to={[
                { href: "/licenses", name: "Licenses" },
                { href: `/licenses/${id}`, name: named(license) },
              ]}
            />
            <Title window={`Change ${named(license)}`}>Change what it gives</Title>
            <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
            <div className="grid">
              <Choose license={license} product={product} asked={asked} say={say} />
              <Bundles license={license} show={show} />
              {page.waiting ? (
                <div className="card wide">
                  <Skeleton />
                </div>
              ) : (
                <Answer data={data} license={license} asked={asked} show={show} />
              )}
            </div>
          </>
        );
      }}
    </Answered>
  );
}

function Choose(props: {
  license: License;
  product: NonNullable<ChangeQuery["product"]>;
  asked: Asked;
  say: (changes: Record<string, string | null>) => void;
}) {
  const { license, product, asked, say } = props;
  const added = new Set(license.bundles.map(({ id }) => id));
  const now = license.source?.id;
  return (
    <Section
      name="The change"
      note={`Now on ${license.source?.name ?? license.source?.code ?? "nothing"}.`}
    >
      <div className="stack">
        <label>
          Put it on another offering or bundle
          <select
            value={asked.to ?? ""}
            onChange={({ target }) => say({ to: target.value || null, add: null })}
          >
            <option value="">Leave it where it is</option>
            <optgroup label="Offerings">
              {product.offerings.map((one) => (
                <option key={one.id} value={one.id} disabled={one.id === now}>
                  {one.name} · {one.code}
                </option>
              ))}
            </optgroup>
            <optgroup label="Bundles">
              {product.bundles.map((one) => (
                <option key={one.id} value={one.id} disabled={one.id === now}>
                  {one.name} · {one.code}
                </option>
              ))}
            </optgroup>
          </select>
        </label>
        {asked.to && (
          <label>
            What was used in this period
            <select value={asked.usage} onChange={({ target }) => say({ usage: target.value })}>
              <option value="CARRY">Counts against the new allowance</option>
              <option value="RESTART">Counting starts anew</option>
            </select>
          </label>
        )}
        <label>
          Or add a bundle on top
          <select
            value={asked.add ?? ""}
            onChange={({ target }) => say({ add: target.value || null, to: null, usage: null })}
          >
            <option value="">Add nothing</option>
            {product.bundles.map((one) => (
              <option key={one.id} value={one.id} disabled={added.has(one.id)}>
                {one.name} · {one.code}
              </option>
            ))}
          </select>
        </label>
      </div>
    </Section>
  );
}

function Answer(props: {
  data: ChangeQuery;
  license: License;
  asked: Asked;
  show: (what: string) => (done: Done) => void;
}) {
  const { data, license, asked, show } = props;
  const offering = useChange(LicenseChangeOfferingDocument);
  const apply = useChange(LicenseApplyBundleDocument);
  const { to, add, usage } = asked;
  const chosen = [...(data.product?.offerings ?? []), ...(data.product?.bundles ?? [])].find(
    ({ id }) => id === (to ?? add),
  );
  const preview = data.licenseChangePreview;
  if (!chosen || !preview) {
    return (
      <section className="card wide" aria-label="What it brings">
        <Empty>
          Choose a change. You then see what it brings, feature by feature, before anything is
          recorded.
        </Empty>
      </section>
    );
  }
  const what = to
    ? { act: "Put it on", done: `It is on ${chosen.name} now.` }
    : { act: "Add", done: `${chosen.name} is added.` };
  return (
    <div className="wide">
      <Preview
        preview={preview}
        act={
          <Confirm
            main
            button={`${what.act} ${chosen.name}`}
            title={`${what.act} ${chosen.name}?`}
            effects={
              <p>
                {named(license)} ({license.keyMasked}) gives what you saw from this moment on. Its
                term keeps its end.
                {to &&
                  (usage === "CARRY"
                    ? " What was used in this period counts on."
                    : " Counting of what is used starts anew.")}
              </p>
            }
            act={what.act === "Add" ? "Add it" : "Change it"}
            onConfirm={() =>
              to
                ? offering({ licenseId: license.id, source: chosen.id, usage })
                : apply({ licenseId: license.id, bundle: chosen.id })
            }
            onDone={show(what.done)}
          />
        }
      />
    </div>
  );
}

function Bundles(props: { license: License; show: (what: string) => (done: Done) => void }) {
  const remove = useChange(LicenseRemoveBundleDocument);
  const { license, show } = props;
  return (
    <Section name="Bundles on top">
      {license.bundles.length === 0 ? (
        <Empty>No bundle was added to it.</Empty>
      ) : (
        <ul className="rows">
          {license.bundles.map((bundle) => {
            const name = bundle.name ?? bundle.code ?? "the bundle";
            return (
              <li key={bundle.id} className="row">
                <div>
                  {name}
                  <br />
                  <span className="quiet">since {day(bundle.appliedAt)}</span>
                </div>
                <Confirm
                  button="Take away"
                  label={`Take away ${name}`}
                  title={`Take ${name} away?`}
                  danger
                  effects={
                    <p>
                      {named(license)} loses what {name} gave, and only that, from this moment on.
                      It can be added again at any time.
                    </p>
                  }
                  act="Take it away"
                  onConfirm={() => remove({ licenseId: license.id, bundle: bundle.id })}
                  onDone={show(`${name} is taken away.`)}
                />
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}
