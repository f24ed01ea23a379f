/** One license: what it allows, who uses it, what happened to it; also as it was on any day. */

import { useState } from "react";
import { Link, useSearchParams } from "wouter";
import { type Done, useChange, usePage } from "../../shared/client";
import { download } from "../../shared/csv";
import { count, counted, day, moment, relative, words } from "../../shared/format";
import {
  Answered,
  Confirm,
  Copyable,
  Empty,
  Recorded,
  Section,
  Status,
  Title,
  Usage,
  When,
} from "../../shared/ui";
import {
  DeviceDeactivateDocument,
  DomainDeactivateDocument,
  LicenseDocument,
  type LicenseQuery,
  SeatAssignDocument,
  SeatUnassignDocument,
} from "../operations.generated";

type Shown = NonNullable<LicenseQuery["license"]>;

const HISTORY_ROWS = 20;
const LIVE = ["ACTIVE", "DORMANT", "DEAD", "SUSPENDED"];

/** The end of a day in the reader's own time: what was so "on" a day is what was so when it ended. */
function endOf(on: string): string {
  const end = new Date(`${on}T23:59:59`);
  return new Date(Math.min(end.getTime(), Date.now())).toISOString();
}

/** The page of one license. */
export default function License({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const on = /^\d{4}-\d\d-\d\d$/.test(search.get("on") ?? "") ? search.get("on") : null;
  const [rows, setRows] = useState(HISTORY_ROWS);
  const page = usePage(LicenseDocument, {
    id,
    asOf: on ? { at: endOf(on) } : null,
    history: rows,
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
                    max={new Date().toISOString().slice(0, 10)}
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
              <Allows license={license} />
              <Seats
                license={license}
                members={data.account?.members.nodes ?? []}
                may={may}
                show={show}
              />
              <Devices license={license} may={may} show={show} />
              <History
                license={license}
                more={
                  license.history.totalCount > license.history.nodes.length && rows < 100
                    ? () => setRows(Math.min(rows * 2, 100))
                    : null
                }
              />
            </div>
          </>
        );
      }}
    </Answered>
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

function source(one: Shown["entitlements"][number]["sources"][number]): string {
  if (one.kind === "GRANTED_UNITS") return "units granted on top";
  const offering = `${one.offeringCode ?? "offering"}, version ${one.offeringVersion ?? "?"}`;
  const kind = one.kind === "ADD_ON" ? `added with ${offering}` : offering;
  return one.allFeatures ? `${kind} (all features)` : kind;
}

function Allows({ license }: { license: Shown }) {
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
                  <br />
                  <span className="quiet">{one.reason}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

interface Changing {
  license: Shown;
  may: boolean;
  show: (what: string) => (done: Done) => void;
}

function Seats({
  license,
  members,
  may,
  show,
}: Changing & { members: { id: string; name?: string | null; email?: string | null }[] }) {
  const assign = useChange(SeatAssignDocument);
  const unassign = useChange(SeatUnassignDocument);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const holders = license.seatHolders;
  const seated = new Set(holders.nodes.map(({ memberId }) => memberId));
  const free = members.filter(({ id }) => !seated.has(id));
  const give = async (event: React.FormEvent) => {
    event.preventDefault();
    const name = members.find(({ id }) => id === chosen)?.name ?? "The person";
    setBusy(true);
    const done = await assign({ licenseId: license.id, memberId: chosen });
    setBusy(false);
    if (done.ok) setChosen("");
    show(`${name} has a seat now.`)(done);
  };
  const { seats } = license;
  if (!seats.unlimited && seats.purchased === "0" && holders.totalCount === 0) return null;
  return (
    <Section name="Seats" id="seats">
      <Usage
        label="Assigned"
        used={seats.assigned}
        limit={seats.purchased}
        unlimited={seats.unlimited}
        unit="seats"
      />
      {may && (
        <form className="inline" onSubmit={give}>
          <label>
            Give a seat to
            <select value={chosen} onChange={({ target }) => setChosen(target.value)} required>
              <option value="">Choose a person</option>
              {free.map((member) => (
                <option key={member.id} value={member.id}>
                  {member.name ?? member.email ?? member.id}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" className="primary" disabled={busy || !chosen}>
            {busy ? "Recording…" : "Assign"}
          </button>
        </form>
      )}
      {holders.nodes.length === 0 ? (
        <Empty>Nobody has a seat yet. Whoever you give one to may use this license at once.</Empty>
      ) : (
        <ul className="rows">
          {holders.nodes.map((holder) => {
            const name = holder.member?.name ?? "A person";
            return (
              <li key={holder.memberId} className="row">
                <div>
                  {name}
                  <br />
                  <span className="quiet">
                    {holder.member?.email} · since {day(holder.assignedAt)}
                    {holder.assignedBy && ` by ${holder.assignedBy}`}
                  </span>
                </div>
                {may && (
                  <Confirm
                    button="Take back"
                    label={`Take back the seat of ${name}`}
                    title={`Take back the seat of ${name}?`}
                    danger
                    effects={
                      <p>
                        {name} can no longer use {license.productName} on this license, from this
                        moment. The seat is free at once. You can give it back at any time.
                      </p>
                    }
                    act="Take the seat back"
                    onConfirm={() => unassign({ licenseId: license.id, memberId: holder.memberId })}
                    onDone={show(`The seat of ${name} is free.`)}
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
      {holders.totalCount > holders.nodes.length && (
        <p className="note">
          {count(holders.totalCount - holders.nodes.length)} more people have a seat.
        </p>
      )}
    </Section>
  );
}

function Devices({ license, may, show }: Changing) {
  const device = useChange(DeviceDeactivateDocument);
  const domain = useChange(DomainDeactivateDocument);
  const { nodes } = license.devices;
  const live = nodes.filter(({ status }) => LIVE.includes(status));
  const ended = nodes.filter(({ status }) => !LIVE.includes(status));
  const slots = [
    { name: "Devices", unit: "devices", ...license.deviceSlots },
    { name: "Domains", unit: "domains", ...license.domainSlots },
  ].filter(({ used, granted }) => granted.unlimited || granted.limit !== "0" || used !== "0");
  if (slots.length === 0 && nodes.length === 0) return null;
  return (
    <Section name="Devices and domains" id="devices">
      {slots.map((one) => (
        <Usage
          key={one.name}
          label={one.name}
          used={one.used}
          limit={one.granted.limit}
          unlimited={one.granted.unlimited}
          unit={one.unit}
        />
      ))}
      {live.length === 0 ? (
        <Empty>
          Nothing is activated. A device shows here as soon as the software on it is activated.
        </Empty>
      ) : (
        <ul className="rows">
          {live.map((one) => {
            const name = one.name ?? one.fingerprint ?? "A device";
            const isDomain = one.kind === "DOMAIN";
            return (
              <li key={one.id} className="row">
                <div>
                  {name} <Status of={one.status} />
                  <br />
                  <span className="quiet">
                    {[words(one.kind), one.platform, one.version && `version ${one.version}`]
                      .filter(Boolean)
                      .join(" · ")}
                    {" · "}last seen {relative(one.lastSeenAt, license.at)}
                  </span>
                </div>
                {may && (
                  <Confirm
                    button="Deactivate"
                    label={`Deactivate ${name}`}
                    title={`Deactivate ${name}?`}
                    danger
                    effects={
                      <p>
                        {license.productName} stops working on {name} at its next check. The{" "}
                        {isDomain ? "domain" : "device"} slot is free at once. It can be activated
                        again while a slot is free.
                      </p>
                    }
                    act="Deactivate"
                    onConfirm={() =>
                      isDomain
                        ? domain({ licenseId: license.id, deviceId: one.id })
                        : device({ licenseId: license.id, deviceId: one.id })
                    }
                    onDone={show(`${name} is deactivated, its slot is free.`)}
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
      {ended.length > 0 && (
        <details>
          <summary>{counted(ended.length, "earlier activation")}</summary>
          <ul className="rows">
            {ended.map((one) => (
              <li key={one.id}>
                {one.name ?? one.fingerprint} <Status of={one.status} />
                <br />
                <span className="quiet">
                  {day(one.firstSeenAt)} – {day(one.lastSeenAt)}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

function History({ license, more }: { license: Shown; more: (() => void) | null }) {
  const { nodes, totalCount } = license.history;
  return (
    <Section name="History" id="history" note={`${counted(totalCount, "event")}, newest first.`}>
      <ol className="history">
        {nodes.map((one) => (
          <li key={one.id}>
            <span>{one.text}</span>
            {(one.before || one.after) && (
              <span className="quiet">
                {one.before ?? "nothing"} → {one.after ?? "nothing"}
              </span>
            )}
            <span className="quiet">
              {one.actor.name} · <time dateTime={one.recordedAt}>{moment(one.recordedAt)}</time> · #
              {count(one.position)}
              {one.backdated && ` · true from ${moment(one.effectiveAt)}`}
              {" · rule "}
              {one.rule}
            </span>
          </li>
        ))}
      </ol>
      {more && (
        <button type="button" onClick={more}>
          Show more
        </button>
      )}
    </Section>
  );
}
