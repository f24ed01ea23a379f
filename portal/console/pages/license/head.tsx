/** A license in short. */

import { Link } from "wouter";
import { day, words } from "../../../shared/format";
import { Copyable, Status, When } from "../../../shared/ui";
import { BLOCKERS, type Shown } from "./shown";

/** The facts that everybody asks for first. */
export function Head({ license }: { license: Shown }) {
  const next = license.revokedAt ? null : license.timeline.find(({ passed }) => !passed);
  return (
    <section className="card wide head" aria-label="In short">
      <dl className="facts">
        <div>
          <dt>Status</dt>
          <dd>
            <Status of={license.status} />
            {license.blockers.map(({ kind, since }) => (
              <span key={kind} className="quiet">
                {" "}
                {BLOCKERS[kind] ?? words(kind)}, since {day(since)}
              </span>
            ))}
            {license.revokedAt && <span className="quiet"> since {day(license.revokedAt)}</span>}
          </dd>
        </div>
        <div>
          <dt>Customer</dt>
          <dd>
            <Link href={`/customers/${license.accountId}`}>
              {license.accountName ?? "Name was erased"}
            </Link>
          </dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd>
            {license.keyMasked ? (
              <Copyable text={license.keyMasked} label="the masked key" />
            ) : (
              "erased"
            )}
          </dd>
        </div>
        <div>
          <dt>Term</dt>
          <dd>
            {license.term ? (
              <>
                {day(license.term.from)} –{" "}
                {license.term.until ? <When at={license.term.until} from={license.at} /> : "no end"}
              </>
            ) : (
              "starts with the first activation"
            )}
          </dd>
        </div>
        <div>
          <dt>It is on</dt>
          <dd>
            {license.source?.name ?? license.source?.code ?? "—"}
            <span className="quiet">
              {" "}
              {license.productName}
              {license.source && `, version ${license.source.version}`}
            </span>
            {license.bundles.map((bundle) => (
              <span key={bundle.id}>
                <br />+ {bundle.name ?? bundle.code}{" "}
                <span className="quiet">since {day(bundle.appliedAt)}</span>
              </span>
            ))}
          </dd>
        </div>
        <div>
          <dt>Came by</dt>
          <dd>
            {license.acquired ? words(license.acquired) : "—"}, {day(license.issuedAt)}
            {license.externalId && <span className="quiet"> · {license.externalId}</span>}
          </dd>
        </div>
        {next && (
          <div>
            <dt>Next</dt>
            <dd>
              {next.kind === "NOTICE"
                ? `Notice, ${next.daysBefore} days before the end`
                : words(next.kind)}{" "}
              <When at={next.at} from={license.at} />
            </dd>
          </div>
        )}
        {license.services.map(({ key, value }) => (
          <div key={key}>
            <dt>{words(key)}</dt>
            <dd>{words(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
