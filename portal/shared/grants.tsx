/** Roles that are granted: who may do more than by a role of its own, where, and until when. */

import { useState } from "react";
import { Choice, type Row, type Search } from "./choice";
import type { Done } from "./client";
import { counted, date, day, startOfNext } from "./format";
import { Ask, Confirm, Section } from "./ui";

export type GrantedRole = "AUDITOR" | "LICENSE_MANAGER" | "ADMIN";

/** Each role with what it means. */
export const GRANTED: Record<GrantedRole, string> = {
  AUDITOR: "Sees everything, changes nothing",
  LICENSE_MANAGER: "Gives and takes seats and devices",
  ADMIN: "Manages everything, people too",
};

/** A grant, as pages ask for it. */
export interface Grant {
  id: string;
  role: GrantedRole;
  endsAt?: string | null;
  counts: boolean;
  mayEnd?: boolean;
  accountName?: string | null;
  license?: { productName: string; keyMasked?: string | null } | null;
  member?: { name?: string | null; email?: string | null } | null;
}

/** Over what it is. */
export function reach({ license, accountName }: Grant): string {
  return license
    ? `${license.productName} ${license.keyMasked ?? ""}`.trim()
    : (accountName ?? "an account");
}

/** Until when it is. */
export function until({ endsAt, counts }: Grant): string {
  // It ends when its last day is over.
  const last = endsAt && day(new Date(Date.parse(endsAt) - 1).toISOString());
  const end = last ? `until ${last}` : "without an end";
  return counts ? end : `${end}, rests`;
}

/** Takes a grant back, or gives it up. */
export function EndGrant(props: {
  grant: Grant;
  /** Whose it is, where it is somebody else's. */
  name: string | null;
  end: (grantId: string) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { grant, name } = props;
  const what = reach(grant);
  return (
    <Confirm
      button={name ? "End" : "Give up"}
      label={name ? `End what ${name} may do with ${what}` : `Give up what you may do with ${what}`}
      title={name ? `End what ${name} may do here?` : "Give up what you may do here?"}
      danger
      effects={
        <p>
          {GRANTED[grant.role]}: {what}. It ends at once, and so does what {name ?? "you"} passed on
          to others from it.
        </p>
      }
      act={name ? "End it" : "Give it up"}
      onConfirm={() => props.end(grant.id)}
      onDone={props.show(name ? `${name} no longer has that role.` : "You gave it up.")}
    />
  );
}

/** Who may do more than by a role of its own, in an account and those below it. */
export function Granted(props: {
  grants: { totalCount: number; nodes: Grant[] };
  end: (grantId: string) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { end, show } = props;
  const { nodes, totalCount } = props.grants;
  if (totalCount === 0) return null;
  return (
    <Section
      name="Granted beside that"
      note="For a part of the organization, one license, or a time. Nobody can grant more than they have."
    >
      <ul className="rows">
        {nodes.map((one) => {
          const name = one.member?.name ?? "A person";
          return (
            <li key={one.id} className="row">
              <div>
                {name}: {reach(one)}
                <br />
                <span className="quiet">
                  {GRANTED[one.role]} · {until(one)}
                </span>
              </div>
              {one.mayEnd && <EndGrant grant={one} name={name} end={end} show={show} />}
            </li>
          );
        })}
      </ul>
      {totalCount > nodes.length && (
        <p className="note">And {counted(totalCount - nodes.length, "more")}.</p>
      )}
    </Section>
  );
}

/** What is chosen when a role is granted. */
export interface Chosen {
  memberId: string;
  role: GrantedRole;
  place: string;
  endsAt: string | null;
}

/** Grants a role: to a person that is known or chosen, over a place that is known or chosen. */
export function GiveRole(props: {
  /** The button that opens it; or how it ends, where it is open already. */
  button?: string;
  close?: () => void;
  title: string;
  /** Which roles whoever looks may give. */
  roles: GrantedRole[];
  /** Whom it is given to, where that is known. */
  person: Row | null;
  /** Else whom it may be given to. */
  people?: { rows: Row[]; total: number; search: Search } | undefined;
  /** Over what it may be. */
  places: Row[];
  onOpen?: () => void;
  give: (chosen: Chosen) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { roles, person, people, places } = props;
  const usual = roles.includes("LICENSE_MANAGER") ? "LICENSE_MANAGER" : (roles[0] ?? "AUDITOR");
  const [role, setRole] = useState<GrantedRole>(usual);
  const [place, setPlace] = useState(places[0]?.id ?? "");
  const [chosen, setChosen] = useState("");
  const [last, setLast] = useState("");
  const somebody = person ?? people?.rows.find(({ id }) => id === chosen) ?? null;
  const asked = {
    title: props.title,
    ready: somebody !== null && places.some(({ id }) => id === place),
    ...(props.onOpen ? { onOpen: props.onOpen } : {}),
    effects: (
      <div className="stack">
        {!person && people && (
          <Choice
            label="Who"
            search={{ ...people.search, label: "Find a person", placeholder: "Name or e-mail" }}
            rows={people.rows}
            total={people.total}
            value={chosen}
            empty="Choose a person"
            choose={setChosen}
          />
        )}
        <label>
          May
          <select value={role} onChange={({ target }) => setRole(target.value as GrantedRole)}>
            {roles.map((one) => (
              <option key={one} value={one}>
                {GRANTED[one]}
              </option>
            ))}
          </select>
        </label>
        {places.length > 1 && (
          <label>
            Where
            <select value={place} onChange={({ target }) => setPlace(target.value)}>
              {places.map(({ id, text }) => (
                <option key={id} value={id}>
                  {text}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          Last day, if it has an end
          <input
            type="date"
            value={last}
            min={date()}
            onChange={({ target }) => setLast(target.value)}
          />
        </label>
        <p>
          It holds at once. Whoever may give it may also end it, before its last day too; both stand
          in the history.
        </p>
      </div>
    ),
    act: "Grant it",
    onConfirm: () =>
      props.give({
        memberId: somebody?.id ?? "",
        role,
        place,
        endsAt: last ? startOfNext(last) : null,
      }),
    onDone: (done: Done) => {
      setChosen("");
      setLast("");
      props.show(`${somebody?.text ?? "The person"}: ${GRANTED[role].toLowerCase()}.`)(done);
    },
  };
  return props.close ? (
    <Ask {...asked} close={props.close} />
  ) : (
    <Confirm {...asked} button={props.button ?? "Grant"} />
  );
}

/** Which roles somebody with these rights may give. */
export function givable(rights: string[]): GrantedRole[] {
  const roles: GrantedRole[] = ["AUDITOR", "LICENSE_MANAGER", "ADMIN"];
  return roles.filter((role) => rights.includes(`GRANT_${role}`));
}
