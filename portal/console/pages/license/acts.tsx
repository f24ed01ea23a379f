/** What the vendor may do with a license: each with what it brings, said before it is recorded. */

import { useState } from "react";
import { Link } from "wouter";
import { useChange } from "../../../shared/client";
import { count, counted, date, day, instant, words } from "../../../shared/format";
import { Confirm } from "../../../shared/ui";
import {
  type BlockerKind,
  LicenseClearBlockerDocument,
  LicenseRevokeDocument,
  LicenseSetBlockerDocument,
  UnitsGrantDocument,
} from "../../operations.generated";
import { Contract } from "./contract";
import { Renew } from "./renew";
import { BLOCKERS, type Changing, named, type Shown } from "./shown";

type Act = Omit<Changing, "may">;

/** The buttons. */
export function Acts({ license, show }: Act) {
  const over = license.status === "REVOKED";
  const metered = license.entitlements.filter(({ type }) => type === "METERED");
  return (
    <section className="card wide" aria-label="What you may do">
      {over ? (
        <p className="quiet">
          It was revoked. Nothing brings it back.{" "}
          <Link href={`/issue?account=${license.accountId}&product=${license.productId}`}>
            Issue a new one instead
          </Link>
        </p>
      ) : (
        <div className="acts">
          <Link
            className="button small"
            href={`/licenses/${license.id}/change?product=${license.productId}`}
          >
            Change what it gives
          </Link>
          {license.term?.until && (
            <Renew license={license} until={license.term.until} show={show} />
          )}
          <Contract license={license} show={show} />
          {metered.length > 0 && <Grant license={license} show={show} metered={metered} />}
          {license.blockers.map(({ kind, since }) => (
            <Resume key={kind} license={license} kind={kind} since={since} show={show} />
          ))}
          <Suspend license={license} show={show} />
          <Revoke license={license} show={show} />
        </div>
      )}
    </section>
  );
}

/** Whom it touches: "for 3 people with a seat and 5 devices or domains". */
function users(license: Shown): string {
  const people = license.seatHolders.totalCount;
  const bound = Number(license.deviceSlots.used) + Number(license.domainSlots.used);
  if (people + bound === 0) return ", though nobody uses it now";
  const seats = `${counted(people, "person", "people")} with a seat`;
  return ` for ${seats} and ${counted(bound, "device or domain", "devices or domains")} at their next check`;
}

function Since(props: { value: string; set: (to: string) => void; from: string }) {
  return (
    <label>
      True from (leave empty for now)
      <input
        type="date"
        value={props.value}
        min={date(Date.parse(props.from))}
        max={date()}
        onChange={({ target }) => props.set(target.value)}
      />
    </label>
  );
}

/** A day is meant from its start, but never before the license was there. */
function from(chosen: string, license: Shown): string | null {
  if (!chosen) return null;
  const start = instant(chosen);
  return Date.parse(start) < Date.parse(license.issuedAt) ? license.issuedAt : start;
}

function Suspend({ license, show }: Act) {
  const set = useChange(LicenseSetBlockerDocument);
  const kinds = (Object.keys(BLOCKERS) as BlockerKind[]).filter(
    (kind) => !license.blockers.some((known) => known.kind === kind),
  );
  const [kind, setKind] = useState<BlockerKind>("BILLING");
  const [reason, setReason] = useState("");
  const [since, setSince] = useState("");
  const chosen = kinds.includes(kind) ? kind : kinds[0];
  if (!chosen) return null;
  return (
    <Confirm
      button={license.blockers.length > 0 ? "Suspend for another reason" : "Suspend"}
      title={`Suspend ${named(license)}?`}
      danger
      ready={reason.trim() !== ""}
      effects={
        <div className="stack">
          <p>
            It stops{users(license)}. Its term goes on meanwhile. It works again once you resume it;
            nothing is lost.
          </p>
          <label>
            Why
            <select value={chosen} onChange={({ target }) => setKind(target.value as BlockerKind)}>
              {kinds.map((one) => (
                <option key={one} value={one}>
                  {BLOCKERS[one]}
                </option>
              ))}
            </select>
          </label>
          <label>
            The reason in words
            <input value={reason} onChange={({ target }) => setReason(target.value)} required />
          </label>
          <Since value={since} set={setSince} from={license.issuedAt} />
        </div>
      }
      act="Suspend it"
      onConfirm={() =>
        set({
          licenseId: license.id,
          blocker: chosen,
          reason: reason.trim(),
          effectiveAt: from(since, license),
        })
      }
      onDone={(done) => {
        setReason("");
        show("It is suspended.")(done);
      }}
    />
  );
}

function Resume({ license, kind, since, show }: Act & Shown["blockers"][number]) {
  const clear = useChange(LicenseClearBlockerDocument);
  const others = license.blockers.filter((other) => other.kind !== kind);
  const why = BLOCKERS[kind] ?? words(kind);
  return (
    <Confirm
      button={license.blockers.length > 1 ? `Resume: ${why}` : "Resume"}
      title={`Resume ${named(license)}?`}
      effects={
        <p>
          “{why}” stops it since {day(since)}. That reason goes.{" "}
          {others.length === 0
            ? `It works again${users(license)}, as far as its term allows.`
            : `It stays suspended, for ${counted(others.length, "other reason")}.`}
        </p>
      }
      act="Resume it"
      onConfirm={() => clear({ licenseId: license.id, blocker: kind })}
      onDone={show(others.length === 0 ? "It is resumed." : "That reason is gone, others stay.")}
    />
  );
}

function Grant({ license, metered, show }: Act & { metered: Shown["entitlements"] }) {
  const grant = useChange(UnitsGrantDocument);
  const [feature, setFeature] = useState(metered[0]?.feature ?? "");
  const [amount, setAmount] = useState("");
  const [until, setUntil] = useState("");
  const one = metered.find((known) => known.feature === feature) ?? metered[0];
  if (!one) return null;
  const valid = /^[1-9]\d{0,18}$/.test(amount);
  return (
    <Confirm
      button="Grant units"
      title={`Grant units to ${named(license)}?`}
      ready={valid}
      effects={
        <div className="stack">
          <p>
            Units come on top of what it gives each period.{" "}
            {one.limit?.unlimited
              ? `${one.name} has no limit now, so they change nothing.`
              : `${one.name} now: ${count(one.usage ?? 0)} of ${count(one.limit?.limit ?? 0)} used${
                  valid ? `; then of ${count(BigInt(one.limit?.limit ?? 0) + BigInt(amount))}` : ""
                }.`}
          </p>
          <label>
            Of
            <select value={one.feature} onChange={({ target }) => setFeature(target.value)}>
              {metered.map((known) => (
                <option key={known.feature} value={known.feature}>
                  {known.name}
                </option>
              ))}
            </select>
          </label>
          <label>
            How many
            <input
              inputMode="numeric"
              value={amount}
              onChange={({ target }) => setAmount(target.value.trim())}
            />
          </label>
          <label>
            Gone on (leave empty to keep them)
            <input
              type="date"
              value={until}
              min={date()}
              onChange={({ target }) => setUntil(target.value)}
            />
          </label>
        </div>
      }
      act="Grant them"
      onConfirm={() =>
        grant({
          licenseId: license.id,
          feature: one.feature,
          amount,
          expiresAt: until ? instant(until) : null,
        })
      }
      onDone={(done) => {
        setAmount("");
        show(`The units of ${one.name} are granted.`)(done);
      }}
    />
  );
}

function Revoke({ license, show }: Act) {
  const revoke = useChange(LicenseRevokeDocument);
  const [reason, setReason] = useState("");
  const [since, setSince] = useState("");
  const lost = license.entitlements.map(({ name }) => name);
  return (
    <Confirm
      button="Revoke"
      title={`Revoke ${named(license)} for good?`}
      danger
      ready={reason.trim() !== ""}
      effects={
        <div className="stack">
          <p>
            <strong>Nothing brings a revoked license back.</strong> It stops{users(license)}. To
            stop it for a while, suspend it instead.
          </p>
          {lost.length > 0 && (
            <p>
              {license.accountName ?? "The customer"} no longer has from it: {lost.join(", ")}.
            </p>
          )}
          <p className="quiet">
            {license.keyMasked} {license.externalId}
          </p>
          <label>
            The reason in words
            <input value={reason} onChange={({ target }) => setReason(target.value)} required />
          </label>
          <Since value={since} set={setSince} from={license.issuedAt} />
        </div>
      }
      act="Revoke it for good"
      onConfirm={() =>
        revoke({
          licenseId: license.id,
          reason: reason.trim(),
          effectiveAt: from(since, license),
        })
      }
      onDone={show("It is revoked.")}
    />
  );
}
