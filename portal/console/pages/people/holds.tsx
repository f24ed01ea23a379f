/** Legal holds: the legal matters for which nobody of an account is erased. The vendor places and lifts them. */

import { useState } from "react";
import { Link } from "wouter";
import { useChange } from "../../../shared/client";
import { counted } from "../../../shared/format";
import type { Held } from "../../../shared/people/erase";
import type { Show } from "../../../shared/people/shown";
import { Confirm, Section, When } from "../../../shared/ui";
import { LegalHoldLiftDocument, LegalHoldPlaceDocument } from "../../operations.generated";

interface Part {
  account: { id: string; name?: string | null };
  show: Show;
}

/** The part of the page. */
export function LegalHolds(props: Part & { held: Held[]; may: boolean }) {
  const { account, held, may, show } = props;
  return (
    <Section
      name="Legal holds"
      id="legal-holds"
      note={
        held.length === 0
          ? "None. With one, nobody of this account and of those below it is erased, for as long as a legal matter needs what is known."
          : `Nobody of this account and of those below it is erased: ${counted(held.length, "legal matter needs", "legal matters need")} what is known. People can be suspended meanwhile.`
      }
      aside={may && <Place account={account} show={show} />}
    >
      {held.length > 0 && (
        <ul className="rows">
          {held.map((one) => (
            <li key={`${one.accountId} ${one.matter}`} className="row">
              <div>
                {one.matter}
                <br />
                <span className="quiet">
                  since <When at={one.placedAt} />
                </span>
                {one.accountId !== account.id && (
                  <>
                    <br />
                    <span className="quiet">
                      on the account above it,{" "}
                      <Link href={`/customers/${one.accountId}/people#legal-holds`}>
                        {one.accountName ?? "Name was erased"}
                      </Link>
                    </span>
                  </>
                )}
              </div>
              {may && one.accountId === account.id && (
                <Lift account={account} matter={one.matter} show={show} />
              )}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Place({ account, show }: Part) {
  const place = useChange(LegalHoldPlaceDocument);
  const [matter, setMatter] = useState("");
  return (
    <Confirm
      button="Place a legal hold"
      title={`Keep everything of ${account.name ?? "this account"}?`}
      ready={matter.trim() !== ""}
      effects={
        <div className="stack">
          <label>
            Your reference of the matter
            <input
              value={matter}
              autoComplete="off"
              placeholder="2026-0417/EU"
              onChange={({ target }) => setMatter(target.value)}
              required
            />
          </label>
          <p className="quiet">
            Letters, numbers and signs without spaces. It stays in the ledger for good, so it names
            nobody.
          </p>
          <p>
            From now on nobody of {account.name ?? "this account"}, nor of an account below it, is
            erased, whoever asks for it. The customer reads in its history that there is a legal
            matter, and not which.
          </p>
        </div>
      }
      act="Place it"
      keep="Not now"
      onConfirm={() => place({ accountId: account.id, matter: matter.trim() })}
      onDone={(done) => {
        setMatter("");
        show("Nobody is erased from now on.")(done);
      }}
    />
  );
}

function Lift({ account, matter, show }: Part & { matter: string }) {
  const lift = useChange(LegalHoldLiftDocument);
  return (
    <Confirm
      button="Lift"
      label={`Lift the legal hold ${matter}`}
      title={`Is the matter ${matter} over?`}
      danger
      effects={
        <p>
          Where no other hold stands, people may be erased again from now on, and what is erased
          then is gone for good.
        </p>
      }
      act="It is over"
      onConfirm={() => lift({ accountId: account.id, matter })}
      onDone={show(`The matter ${matter} is over.`)}
    />
  );
}
