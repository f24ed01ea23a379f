/** Who has a seat; giving one, and taking one back. */

import { type FormEvent, useEffect, useState } from "react";
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
export interface Candidate {
  id: string;
  name?: string | null;
  email?: string | null;
}

/** A change of what is looked for waits for the next key. */
const TYPING_MS = 200;

/** The seats of a license; without `take` and `give` they can only be looked at. */
export function Seats(props: {
  license: {
    productName: string;
    seats: { unlimited: boolean; purchased?: string | null; assigned: string };
    seatHolders: { totalCount: number; nodes: Holder[] };
    /** Who may get a seat: the first of those that are looked for. */
    seatCandidates: { totalCount: number; nodes: Candidate[] };
  };
  /** What nobody having a seat means to who looks. */
  empty: string;
  take: ((holder: Holder) => Promise<Done>) | null;
  give: ((candidate: Candidate) => Promise<Done>) | null;
  /** Looks for people by the beginnings of their names. */
  find: (text: string) => void;
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
        unit="seat"
      />
      {props.give && (
        <Give
          candidates={license.seatCandidates}
          give={props.give}
          find={props.find}
          show={props.show}
        />
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

/** The name; with the e-mail where somebody else is called the same. */
function called({ name, email }: Candidate, among: Candidate[]): string {
  if (!name) return "Name was erased";
  const alone = among.filter((other) => other.name === name).length === 1;
  return alone ? name : `${name} · ${email}`;
}

function Give(props: {
  candidates: { totalCount: number; nodes: Candidate[] };
  give: (candidate: Candidate) => Promise<Done>;
  find: (text: string) => void;
  show: (what: string) => (done: Done) => void;
}) {
  const { totalCount, nodes } = props.candidates;
  const [text, setText] = useState<string | null>(null);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const { find } = props;
  useEffect(() => {
    if (text === null) return;
    const timer = setTimeout(() => find(text.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, find]);
  const candidate = nodes.find(({ id }) => id === chosen);
  const give = async (event: FormEvent) => {
    event.preventDefault();
    if (!candidate) return;
    const name = candidate.name ?? "The person";
    setBusy(true);
    const done = await props.give(candidate);
    setBusy(false);
    if (done.ok) {
      setChosen("");
      setText((searched) => (searched === null ? null : ""));
    }
    props.show(`${name} has a seat now.`)(done);
  };
  const more = totalCount - nodes.length;
  // A list that is whole needs no search; once there was one, it stays.
  const many = more > 0 || text !== null;
  if (totalCount === 0 && !many) {
    return <p className="note">Everybody who can have a seat has one.</p>;
  }
  return (
    <form className="inline" onSubmit={give}>
      {many && (
        <label>
          Find a person
          <input
            type="search"
            value={text ?? ""}
            placeholder="Name or e-mail"
            autoComplete="off"
            onChange={({ target }) => setText(target.value)}
          />
        </label>
      )}
      <label>
        Give a seat to
        <select
          value={candidate ? chosen : ""}
          onChange={({ target }) => setChosen(target.value)}
          required
        >
          <option value="">
            {totalCount === 0
              ? "Nobody is called so"
              : more > 0
                ? `Choose one of the first ${count(nodes.length)} of ${count(totalCount)}`
                : "Choose a person"}
          </option>
          {nodes.map((one) => (
            <option key={one.id} value={one.id}>
              {called(one, nodes)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="primary" disabled={busy || !candidate}>
        {busy ? "Recording…" : "Assign"}
      </button>
    </form>
  );
}
