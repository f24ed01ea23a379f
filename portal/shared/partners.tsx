/** Partners: other organizations whose people act for a customer. */

import type { ReactNode } from "react";
import type { Done } from "./client";
import { day } from "./format";
import { Confirm, Section } from "./ui";

/** Each role of a partner with what it means. */
export const PARTNER_MAY = {
  LICENSE_VIEWER: "Sees the licenses, nobody's name",
  AUDITOR: "Sees everything, changes nothing",
  LICENSE_MANAGER: "Gives and takes seats and devices",
} as const;

export type PartnerRole = keyof typeof PARTNER_MAY;

/** A link, as pages ask for it. */
export interface Partner {
  id: string;
  partnerName?: string | null;
  role: PartnerRole;
  linkedAt: string;
  endsAt?: string | null;
  mayEnd: boolean;
}

/** Who acts for the customer; nothing where nobody does, and nobody can be linked here. */
export function Partners(props: {
  partners: Partner[];
  /** How one is linked, where that can be done. */
  link?: ReactNode;
  end: (linkId: string) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const none = props.partners.length === 0;
  if (none && !props.link) return null;
  return (
    <Section
      name="Partners"
      id="partners"
      note={
        none
          ? "None. The people of a partner act on behalf of this organization, such as those of a reseller."
          : "Their people act on behalf of this organization. Each act is in the history, with the person's name."
      }
      aside={props.link}
    >
      {!none && (
        <ul className="rows">
          {props.partners.map((one) => {
            const name = one.partnerName ?? "A partner";
            return (
              <li key={one.id} className="row">
                <div>
                  {name}
                  <br />
                  <span className="quiet">
                    {PARTNER_MAY[one.role]} · since {day(one.linkedAt)}
                    {one.endsAt && `, until ${day(one.endsAt)}`}
                  </span>
                </div>
                {one.mayEnd && (
                  <Confirm
                    button="End"
                    label={`End what ${name} may do here`}
                    title={`Part with ${name}?`}
                    danger
                    effects={
                      <p>
                        Its people can do and see nothing here any more, at once. What they did
                        stays done and told. Seats that it sold stay yours.
                      </p>
                    }
                    act="Part with it"
                    onConfirm={() => props.end(one.id)}
                    onDone={props.show(`${name} no longer acts here.`)}
                  />
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}
