/** A license in short: what everybody asks for first. */

import type { ReactNode } from "react";
import type { Done } from "./client";
import { country, type LocalTime, localTime, money } from "./contract";
import { counted, day, words } from "./format";
import { Key, type Revealed } from "./key";
import { Status, When } from "./ui";

/** A license, as pages ask for it. */
interface License {
  status: string;
  at: string;
  blockers: { kind: string; since: string }[];
  revokedAt?: string | null;
  keyMasked?: string | null;
  term?: { from: string; until?: string | null } | null;
  lastSecond?: LocalTime | null;
  contract: {
    currency?: string | null;
    locale?: string | null;
    priceMinor?: string | null;
  };
  renewalNotice?: {
    by: LocalTime;
    noticeDays: number;
    cancelBy?: LocalTime | null;
    country?: string | null;
    policyVersion: number;
  } | null;
  source?: { name?: string | null; code?: string | null; version: number } | null;
  bundles: { id: string; name?: string | null; code?: string | null; appliedAt: string }[];
  acquired?: string | null;
  issuedAt: string;
  externalId?: string | null;
  timeline: { at: string; kind: string; daysBefore?: number | null; passed: boolean }[];
}

/** One fact with its name. */
export function Fact(props: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** The facts. */
export function LicenseHead(props: {
  license: License;
  /** What a reason that stops it is called. */
  blocker?: (kind: string) => string;
  /** What it was bought as is called here, and what is said beside it. */
  source: string;
  aside?: string;
  /** Asks for the key in the clear; null where the reader may not see it. */
  reveal: (() => Promise<Done<Revealed>>) | null;
  /** Facts that come after the status. */
  first?: ReactNode;
  /** Facts that come last. */
  children?: ReactNode;
  /** What one can do about it. */
  below?: ReactNode;
}) {
  const { license } = props;
  const next = license.revokedAt ? null : license.timeline.find(({ passed }) => !passed);
  return (
    <section className="card wide head" aria-label="In short">
      <dl className="facts">
        <Fact name="Status">
          <Status of={license.status} />
          {license.blockers.map(({ kind, since }) => (
            <span key={kind} className="quiet">
              {" "}
              {props.blocker?.(kind) ?? words(kind)}, since {day(since)}
            </span>
          ))}
          {license.revokedAt && <span className="quiet"> since {day(license.revokedAt)}</span>}
        </Fact>
        {props.first}
        <Fact name="Key">
          <Key masked={license.keyMasked} reveal={props.reveal} />
        </Fact>
        <Fact name="Term">
          {license.term ? (
            <>
              {day(license.term.from)} –{" "}
              {license.term.until ? <When at={license.term.until} from={license.at} /> : "no end"}
            </>
          ) : (
            "starts with the first activation"
          )}
          {license.lastSecond && (
            <>
              <br />
              <span className="quiet">Its last second: {localTime(license.lastSecond)}</span>
            </>
          )}
        </Fact>
        <Contracted license={license} />
        <Fact name={props.source}>
          {license.source?.name ?? license.source?.code ?? "—"}
          {props.aside && <span className="quiet"> {props.aside}</span>}
          {license.bundles.map((bundle) => (
            <span key={bundle.id}>
              <br />+ {bundle.name ?? bundle.code}{" "}
              <span className="quiet">since {day(bundle.appliedAt)}</span>
            </span>
          ))}
        </Fact>
        <Fact name="Came by">
          {license.acquired ? words(license.acquired) : "—"}, {day(license.issuedAt)}
          {license.externalId && <span className="quiet"> · {license.externalId}</span>}
        </Fact>
        {next && (
          <Fact name="Next">
            {next.kind === "NOTICE"
              ? `Notice, ${next.daysBefore} days before the end`
              : words(next.kind)}{" "}
            <When at={next.at} from={license.at} />
          </Fact>
        )}
        {props.children}
      </dl>
      {props.below}
    </section>
  );
}

/** What a term costs, and by when notice of an automatic renewal is given. */
function Contracted({ license }: { license: License }) {
  const { contract, renewalNotice: notice } = license;
  return (
    <>
      {contract.priceMinor != null && contract.currency && (
        <Fact name="A term costs">
          {money(contract.priceMinor, contract.currency, contract.locale)}
        </Fact>
      )}
      {notice && (
        <Fact name="Notice of an automatic renewal">
          by {localTime(notice.by)}
          <br />
          <span className="quiet">
            {counted(notice.noticeDays, "day")} before the end, by version {notice.policyVersion} of
            the notice periods
            {notice.country ? `, for ${country(notice.country)}` : ", for all other countries"}
            {notice.cancelBy && `. Can be cancelled until ${localTime(notice.cancelBy)}`}
          </span>
        </Fact>
      )}
    </>
  );
}
