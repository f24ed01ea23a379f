/** Erasing a person: what is gone, what stays, why; and the certificate of it. */

import { type ReactNode, useState } from "react";
import type { Done } from "../client";
import { count, day, moment } from "../format";
import { Ask, Copyable } from "../ui";
import type { Asking } from "./each";
import { GROUNDS, type Ground } from "./grounds";
import { named } from "./shown";

/** A legal matter for which nobody is erased. */
export interface Held {
  matter: string;
  accountId: string;
  accountName?: string | null;
  placedAt: string;
}

/** What was erased. */
export interface Erased {
  memberId: string;
  accountId: string;
  ground: Ground;
  position: string;
}

/** The dialog. */
export function Erase(props: Asking & { held: Held[]; erased: (erased: Erased) => void }) {
  const { member, changes, show, close, held } = props;
  const [ground, setGround] = useState<Ground>("NO_LONGER_NEEDED");
  const name = named(member);
  const done = (answer: Done) => {
    if (answer.ok && answer.position) {
      const { id: memberId, accountId } = member;
      props.erased({ memberId, accountId, ground, position: answer.position });
    }
    show("The personal data is erased.")(answer);
  };
  return (
    <Ask
      close={close}
      title={`Erase the personal data of ${name} for good?`}
      danger
      effects={
        <>
          <div>
            <p>
              <strong>Gone for good</strong>, in every copy, and nobody can bring it back:
            </p>
            <ul className="points">
              <li>the name and the e-mail, also in all that was told before</li>
              <li>the password, the second factor, sessions and programs’ tokens</li>
              <li>the seats, which are free for somebody else, and so is the e-mail</li>
            </ul>
          </div>
          <div>
            <p>
              <strong>What stays</strong>, without a name:
            </p>
            <ul className="points">
              <li>what happened, told of “somebody whose data was erased”</li>
              <li>devices, and names that somebody typed elsewhere, such as that of a device</li>
            </ul>
          </div>
          <label>
            Why it has to be
            <select value={ground} onChange={({ target }) => setGround(target.value as Ground)}>
              {Object.entries(GROUNDS).map(([one, words]) => (
                <option key={one} value={one}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <Why held={held} />
        </>
      }
      act="Erase for good"
      onConfirm={() => changes.erase({ memberId: member.id, ground })}
      onDone={done}
    />
  );
}

/** Why it will be refused. */
function Why({ held }: { held: Held[] }) {
  if (held.length === 0) return null;
  return (
    <div className="refused">
      <p>
        <strong>A legal hold stands against it.</strong> Nobody of this account may be erased as
        long as there is one:
      </p>
      <ul className="points">
        {held.map((one) => (
          <li key={`${one.accountId} ${one.matter}`}>
            {one.matter}, since {day(one.placedAt)}
            {one.accountName && `, on ${one.accountName}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What is shown of an erasure afterwards. */
export interface Proven extends Erased {
  accountName?: string | null | undefined;
  /** The fingerprint of the fact as `ledger-verify` takes it, and when it was recorded; as soon as they are known. */
  digest?: string | undefined;
  recordedAt?: string | undefined;
}

/** The certificate: which fact says so, and how anybody can check it. */
export function Certificate(props: {
  of: Proven;
  /** Where the service gives the proof, where this side has it. */
  proof: string | null;
  close: () => void;
}) {
  const { of } = props;
  return (
    <section className="card stack" aria-label="Certificate of erasure">
      <h2>Certificate of erasure</h2>
      <dl className="facts">
        <Fact name="Whose data it was" value={<Copyable text={of.memberId} label="the person" />} />
        <Fact name="Of" value={of.accountName ?? of.accountId} />
        <Fact name="Why" value={GROUNDS[of.ground]} />
        <Fact name="Recorded" value={of.recordedAt ? moment(of.recordedAt) : "just now"} />
        <Fact name="Its place in the ledger" value={`#${count(of.position)}`} />
        {of.digest && (
          <Fact
            wide
            name="Its fingerprint"
            value={<Copyable text={of.digest} label="the fingerprint of the fact" />}
          />
        )}
      </dl>
      <p className="quiet">
        The fact itself is the certificate: it names nobody, and its fingerprint above stands in the
        signed ledger. With the proof of event {of.position}, whoever holds the vendor’s public key
        checks that with <code>ledger-verify</code>, today and years from now.
      </p>
      <div className="acts">
        <button type="button" className="small" onClick={() => save(of)}>
          Save the certificate
        </button>
        {props.proof && (
          <a className="button small" href={props.proof} download={`event-${of.position}.proof`}>
            Save the proof
          </a>
        )}
        <button type="button" className="small" onClick={props.close}>
          I have it
        </button>
      </div>
    </section>
  );
}

function Fact({ name, value, wide }: { name: string; value: ReactNode; wide?: boolean }) {
  return (
    <div className={wide ? "wide" : undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Gives the certificate to the reader as a file. */
function save(of: Proven): void {
  const lines = [
    "Certificate of erasure",
    "",
    `person: ${of.memberId}`,
    `account: ${of.accountId}`,
    `ground: ${GROUNDS[of.ground]} (GDPR, article 17: ${of.ground})`,
    `recorded at: ${of.recordedAt ?? ""}`,
    `event: ${of.position}`,
    `content root: ${of.digest ?? ""}`,
    "",
  ];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/plain" }));
  link.download = `erasure-${of.position}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}
