/** Who has a seat; giving one, and taking one back. */

import { type FormEvent, useState } from "react";
import { Choice, type Search } from "./choice";
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
  /** Who is looked for among them, by the beginning of a name. */
  search: Search;
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
          search={props.search}
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
export function called({ name, email }: Candidate, among: Candidate[]): string {
  if (!name) return "Name was erased";
  const alone = among.filter((other) => other.name === name).length === 1;
  return alone ? name : `${name} · ${email}`;
}

function Give(props: {
  candidates: { totalCount: number; nodes: Candidate[] };
  give: (candidate: Candidate) => Promise<Done>;
  search: Search;
  show: (what: string) => (done: Done) => void;
}) {
  const { search } = props;
  const { totalCount, nodes } = props.candidates;
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
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
      search.find("");
    }
    props.show(`${name} has a seat now.`)(done);
  };
  if (totalCount === 0 && search.text === "") {
    return <p className="note">Everybody who can have a seat has one.</p>;
  }
  return (
    <form className="inline" onSubmit={give}>
      <Choice
        label="Give a seat to"
        search={{ ...search, label: "Find a person", placeholder: "Name or e-mail" }}
        rows={nodes.map((one) => ({ id: one.id, text: called(one, nodes) }))}
        total={totalCount}
        value={candidate ? chosen : ""}
        empty="Choose a person"
        required
        choose={setChosen}
      />
      <button type="submit" className="primary" disabled={busy || !candidate}>
        {busy ? "Recording…" : "Assign"}
      </button>
    </form>
  );
}
