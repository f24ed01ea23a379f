/** One license: what it allows, who uses it, what happened to it; also as it was on any day. */

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { Allows } from "../../shared/allows";
import { type Done, useChange, usePage } from "../../shared/client";
import { Devices } from "../../shared/devices";
import { counted, date, day, endOf, words } from "../../shared/format";
import { Events } from "../../shared/parts";
import { Answered, Copyable, Empty, Recorded, Section, Status, Title, When } from "../../shared/ui";
import {
  DeviceDeactivateDocument,
  DomainDeactivateDocument,
  LicenseDocument,
} from "../operations.generated";
import { Seats } from "./license/seats";
import type { Changing, Shown } from "./license/shown";

/** As many as fit the cost that one operation may have, beside everything else on the page. */
const HISTORY_ROWS = 10;
const HISTORY_ROWS_MAX = 16;

/** The page of one license. */
export default function License({ id, history }: { id: string; history: boolean }) {
  const [search, setSearch] = useSearchParams();
  const on = /^\d{4}-\d\d-\d\d$/.test(search.get("on") ?? "") ? search.get("on") : null;
  const [rows, setRows] = useState(HISTORY_ROWS);
  const page = usePage(LicenseDocument, {
    id,
    asOf: on ? { at: endOf(on) } : null,
    history,
    rows,
  });
  const [last, setLast] = useState<{ done: Done; what: string } | null>(null);
  const show = (what: string) => (done: Done) => setLast({ done, what });
  const choose = (to: string | null) =>
    setSearch((now) => {
      const next = new URLSearchParams(now);
      if (to) next.set("on", to);
      else next.delete("on");
      return next;
    });
  return (
    <Answered page={page} rows={12}>
      {(data) => {
        const license = data.license;
        if (!license) {
          return (
            <>
              <Title window="License not found">This license is not here</Title>
              <Empty action={<Link href="/licenses">Go to your licenses</Link>}>
                {on
                  ? `It was not there on ${day(endOf(on))}, or is not yours.`
                  : "It is not there, or is not yours."}
                {on && (
                  <button type="button" onClick={() => choose(null)}>
                    Show it as it is now
                  </button>
                )}
              </Empty>
            </>
          );
        }
        const may = data.viewer.member?.role === "ORG_ADMIN" && !on;
        return (
          <>
            <p className="crumbs">
              <Link href="/licenses">Licenses</Link>
            </p>
            <Title
              window={`${license.productName} ${license.externalId ?? ""}`.trim()}
              aside={
                <label className="on">
                  As it was on
                  <input
                    type="date"
                    value={on ?? ""}
                    max={date()}
                    onChange={({ target }) => choose(target.value || null)}
                  />
                </label>
              }
            >
              {license.productName}
            </Title>
            {on && (
              <p className="past" role="status">
                You look at the past: this is how it was at the end of {day(license.at)}. Nothing
                can be changed there.{" "}
                <button type="button" className="small" onClick={() => choose(null)}>
                  Back to now
                </button>
              </p>
            )}
            <Recorded done={last?.done ?? null} what={last?.what ?? ""} />
            <div className="grid">
              <Head license={license} />
              <div className="column">
                <Allows given={license.entitlements} at={license.at} />
                {license.history && (
                  <div className="late">
                    <History
                      history={license.history}
                      more={rows < HISTORY_ROWS_MAX ? () => setRows(HISTORY_ROWS_MAX) : null}
                    />
                  </div>
                )}
              </div>
              <div className="column">
                <Seats
                  license={license}
                  members={data.account?.members.nodes ?? []}
                  may={may}
                  show={show}
                />
                <Bound license={license} may={may} show={show} />
              </div>
            </div>
          </>
        );
      }}
    </Answered>
  );
}

function Bound({ license, may, show }: Changing) {
  const device = useChange(DeviceDeactivateDocument);
  const domain = useChange(DomainDeactivateDocument);
  const licenseId = license.id;
  return (
    <Devices
      license={license}
      free={
        may
          ? ({ id, kind }) => (kind === "DOMAIN" ? domain : device)({ licenseId, deviceId: id })
          : null
      }
      show={show}
    />
  );
}

function Head({ license }: { license: Shown }) {
  const next = license.timeline.find(({ passed }) => !passed);
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
                {words(kind)} since {day(since)}
              </span>
            ))}
            {license.revokedAt && <span className="quiet"> since {day(license.revokedAt)}</span>}
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
          <dt>You bought</dt>
          <dd>
            {license.source?.name ?? license.source?.code ?? "—"}
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
      </dl>
      <p>
        <Link className="button" href={`/diagnose?license=${license.id}`}>
          Why doesn’t it work?
        </Link>
      </p>
    </section>
  );
}

function History(props: { history: NonNullable<Shown["history"]>; more: (() => void) | null }) {
  const { nodes, totalCount } = props.history;
  return (
    <Section name="History" id="history" note={`${counted(totalCount, "event")}, newest first.`}>
      <Events events={nodes} />
      {props.more && totalCount > nodes.length && (
        <button type="button" onClick={props.more}>
          Show more
        </button>
      )}
    </Section>
  );
}
