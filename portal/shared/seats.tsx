/** Who has a seat; taking one back. */

import type { ReactNode } from "react";
import type { Done } from "./client";
import { count, day } from "./format";
import { Confirm, Empty, Section, Usage } from "./ui";

/** A person with a seat, as pages ask for it. */
export interface Holder {
  memberId: string;
  member?: { name?: string | null; email?: string | null } | null;
  assignedAt: string;
  assignedBy?: string | null;
}

/** The seats of a license; without `take` they can only be looked at. */
export function Seats(props: {
  license: {
    productName: string;
    seats: { unlimited: boolean; purchased?: string | null; assigned: string };
    seatHolders: { totalCount: number; nodes: Holder[] };
  };
  /** What nobody having a seat means to who looks. */
  empty: string;
  take: ((holder: Holder) => Promise<Done>) | null;
  show: (what: string) => (done: Done) => void;
  /** Where a seat is given. */
  children?: ReactNode;
}) {
  const { license, take, show } = props;
  const { seats, seatHolders: holders } = license;
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
      {props.children}
      {holders.nodes.length === 0 ? (
        <Empty>{props.empty}</Empty>
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
                {take && (
                  <Confirm
                    button="Take back"
                    label={`Take back the seat of ${name}`}
                    title={`Take back the seat of ${name}?`}
                    danger
                    effects={
                      <p>
                        {name} can no longer use {license.productName} on this license, from this
                        moment. The seat is free at once; it can be given back at any time.
                      </p>
                    }
                    act="Take the seat back"
                    onConfirm={() => take(holder)}
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
