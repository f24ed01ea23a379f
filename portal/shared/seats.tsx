/** Who has a seat; giving one, and taking one back. */

import { type FormEvent, useState } from "react";
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

/** Somebody who may get one. */
export interface Member {
  id: string;
  name?: string | null;
}

/** The seats of a license; without `take` and `give` they can only be looked at. */
export function Seats(props: {
  license: {
    productName: string;
    seats: { unlimited: boolean; purchased?: string | null; assigned: string };
    seatHolders: { totalCount: number; nodes: Holder[] };
  };
  /** What nobody having a seat means to who looks. */
  empty: string;
  take: ((holder: Holder) => Promise<Done>) | null;
  give: ((member: Member) => Promise<Done>) | null;
  /** Who may get a seat. */
  members: Member[];
  show: (what: string) => (done: Done) => void;
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
      {props.give && (
        <Give holders={holders.nodes} members={props.members} give={props.give} show={props.show} />
      )}
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

function Give(props: {
  holders: Holder[];
  members: Member[];
  give: (member: Member) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { members } = props;
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const seated = new Set(props.holders.map(({ memberId }) => memberId));
  const free = members
    .filter(({ id }) => !seated.has(id))
    .sort((one, other) => (one.name ?? "").localeCompare(other.name ?? ""));
  const give = async (event: FormEvent) => {
    event.preventDefault();
    const member = members.find(({ id }) => id === chosen);
    if (!member) return;
    const name = member.name ?? "The person";
    setBusy(true);
    const done = await props.give(member);
    setBusy(false);
    if (done.ok) setChosen("");
    props.show(`${name} has a seat now.`)(done);
  };
  return (
    <form className="inline" onSubmit={give}>
      <label>
        Give a seat to
        <select value={chosen} onChange={({ target }) => setChosen(target.value)} required>
          <option value="">Choose a person</option>
          {free.map((member) => (
            <option key={member.id} value={member.id}>
              {member.name ?? "Name was erased"}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="primary" disabled={busy || !chosen}>
        {busy ? "Recording…" : "Assign"}
      </button>
    </form>
  );
}
