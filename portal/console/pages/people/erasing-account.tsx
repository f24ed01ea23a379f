/** Erasing a whole account, when a customer has gone: what has to be over before, and what is gone then. */

import { useState } from "react";
import { useChange } from "../../../shared/client";
import type { Proven } from "../../../shared/people/certificate";
import { EraseForGood } from "../../../shared/people/for-good";
import type { Show } from "../../../shared/people/shown";
import { Section, When } from "../../../shared/ui";
import { AccountEraseDocument } from "../../operations.generated";

interface Part {
  account: { id: string; name?: string | null };
  show: Show;
  erased: (proven: Proven) => void;
}

/** The part of the page. */
export function ErasingAccount({ may, ...props }: Part & { may: boolean }) {
  const [asked, setAsked] = useState(false);
  return (
    <>
      <Section
        name="Erasing the account"
        id="erasing"
        aside={
          may && (
            <button type="button" className="small" onClick={() => setAsked(true)}>
              Erase the account
            </button>
          )
        }
        note="For a customer that has gone: all that is known of it and of its people is erased at once. Before that:"
      >
        <ul className="points">
          <li>each of its licenses is revoked, or expired with its grace</li>
          <li>each account below it is erased</li>
          <li>no legal hold stands against it, here or on an account above</li>
        </ul>
      </Section>
      {asked && <Erase {...props} close={() => setAsked(false)} />}
    </>
  );
}

/** In place of everything else, once it is. */
export function WasErased({ at }: { at: string }) {
  return (
    <Section
      name="Erased"
      note={
        <>
          All that was known of it and of its people is gone since <When at={at} />.
        </>
      }
    >
      <p>What happened stays told, without a name. Nothing can be added to it any more.</p>
    </Section>
  );
}

function Erase({ account, show, erased, close }: Part & { close: () => void }) {
  const erase = useChange(AccountEraseDocument);
  const name = account.name ?? account.id;
  return (
    <EraseForGood
      whose={account.id}
      name={name}
      title={`Erase ${name} and all its people for good?`}
      gone={
        <>
          <li>its name and your number for it, also in all that was told before</li>
          <li>license keys and numbers, devices, domains, reasons of blocks and revocations</li>
          <li>its identity provider and its partners</li>
          <li>
            everybody who belongs to it: names, e-mails, passwords, second factors, sessions and
            programs’ tokens
          </li>
          <li>seats that its people have elsewhere, and seats set aside for it, which are free</li>
        </>
      }
      stays={
        <>
          <li>what happened, told of “somebody whose data was erased”, and how much was sold</li>
          <li>names of programs’ tokens, and references of legal matters</li>
          <li>what left the ledger before, such as exported files: those are yours to destroy</li>
        </>
      }
      erase={(ground) => erase({ accountId: account.id, ground })}
      erased={erased}
      onDone={show("The account and all its people are erased.")}
      close={close}
    />
  );
}
