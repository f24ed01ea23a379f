/** The certificate of an erasure: which fact says so, and how anybody can check it. */

import type { ReactNode } from "react";
import { count, moment } from "../format";
import { Copyable } from "../ui";
import { type Ground, groundsOf } from "./grounds";

/** What is shown of an erasure afterwards. */
export interface Proven {
  /** The id of the person or the account whose data it was. */
  whose: string;
  /** The account that a person belonged to. */
  account?: { id: string; name?: string | null | undefined };
  ground: Ground;
  position: string;
}

/** What the ledger says of the fact, as soon as it is known. */
export interface Recording {
  position: string;
  digest: string;
  recordedAt: string;
}

/** The certificate. */
export function Certificate(props: {
  of: Proven;
  /** The newest facts, among which it is. */
  facts: Recording[] | undefined;
  /** Where the service gives the proof, where this side has it. */
  proof: string | null;
  close: () => void;
}) {
  const { of } = props;
  const fact = props.facts?.find(({ position }) => position === of.position);
  // As `ledger-verify` takes it.
  const fingerprint = fact?.digest.replace("blake3:", "");
  return (
    <section className="card stack" aria-label="Certificate of erasure">
      <h2>Certificate of erasure</h2>
      <dl className="facts">
        <Fact name="Whose data it was" value={<Copyable text={of.whose} label="whose it was" />} />
        {of.account && <Fact name="Of" value={of.account.name ?? of.account.id} />}
        <Fact name="Why" value={groundsOf(of.whose)[of.ground]} />
        <Fact name="Recorded" value={fact ? moment(fact.recordedAt) : "just now"} />
        <Fact name="Its place in the ledger" value={`#${count(of.position)}`} />
        {fingerprint && (
          <Fact
            wide
            name="Its fingerprint"
            value={<Copyable text={fingerprint} label="the fingerprint of the fact" />}
          />
        )}
      </dl>
      <p className="quiet">
        The fact itself is the certificate: it names nobody, and its fingerprint above stands in the
        signed ledger. With the proof of event {of.position}, whoever holds the vendor’s public key
        checks that with <code>ledger-verify</code>, today and years from now.
      </p>
      <div className="acts">
        <button type="button" className="small" onClick={() => save(of, fact)}>
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
function save(of: Proven, fact: Recording | undefined): void {
  const whose = of.whose.startsWith("acc_") ? "account" : "person";
  const lines = [
    "Certificate of erasure",
    "",
    `${whose}: ${of.whose}`,
    ...(of.account ? [`account: ${of.account.id}`] : []),
    `ground: ${groundsOf(of.whose)[of.ground]} (GDPR, article 17: ${of.ground})`,
    `recorded at: ${fact?.recordedAt ?? ""}`,
    `event: ${of.position}`,
    `content root: ${fact?.digest.replace("blake3:", "") ?? ""}`,
    "",
  ];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/plain" }));
  link.download = `erasure-${of.position}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
}
