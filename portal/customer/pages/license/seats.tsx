/** Who has a seat; giving one, and taking one back. */

import { useState } from "react";
import { useChange } from "../../../shared/client";
import { count, day } from "../../../shared/format";
import { Confirm, Empty, Section, Usage } from "../../../shared/ui";
import { SeatAssignDocument, SeatUnassignDocument } from "../../operations.generated";
import type { Changing } from "./shown";

/** The seats of a license. */
export function Seats({
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
