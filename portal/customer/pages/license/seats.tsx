/** Who has a seat; giving one, and taking one back. */

import { useState } from "react";
import { type Done, useChange } from "../../../shared/client";
import { Seats as Shared } from "../../../shared/seats";
import { SeatAssignDocument, SeatUnassignDocument } from "../../operations.generated";
import type { Changing, Shown } from "./shown";

/** Somebody of the account. */
interface Member {
  id: string;
  name?: string | null;
  email?: string | null;
}

/** The seats of a license. */
export function Seats(props: Changing & { members: Member[] }) {
  const { license, may, show } = props;
  const unassign = useChange(SeatUnassignDocument);
  return (
    <Shared
      license={license}
      empty="Nobody has a seat yet. Whoever you give one to may use this license at once."
      take={may ? ({ memberId }) => unassign({ licenseId: license.id, memberId }) : null}
      show={show}
    >
      {may && <Give license={license} members={props.members} show={show} />}
    </Shared>
  );
}

function Give(props: {
  license: Shown;
  members: Member[];
  show: (what: string) => (done: Done) => void;
}) {
  const { license, members } = props;
  const assign = useChange(SeatAssignDocument);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const seated = new Set(license.seatHolders.nodes.map(({ memberId }) => memberId));
  const free = members.filter(({ id }) => !seated.has(id));
  const give = async (event: React.FormEvent) => {
    event.preventDefault();
    const name = members.find(({ id }) => id === chosen)?.name ?? "The person";
    setBusy(true);
    const done = await assign({ licenseId: license.id, memberId: chosen });
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
              {member.name ?? member.email ?? member.id}
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
