/** The people of an organization and of the accounts below it, each with what may be done about it. */

import { day } from "../format";
import { ROLES } from "../roles";
import { type Acting, Acts } from "./acts";
import type { Person } from "./shown";

/** The table. */
export function PeopleTable(
  props: Omit<Acting, "member"> & {
    people: Person[];
    account: { id: string; secondFactorDemanded: boolean };
    /** Who looks, where it is one of them. */
    oneself: string | null;
    /** Whether whoever looks may change anything. */
    acts: boolean;
  },
) {
  const { people, account, oneself, acts, ...acting } = props;
  if (people.length === 0) return null;
  return (
    <table className="table cards">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">May</th>
          <th scope="col">Second factor</th>
          <th scope="col">Since</th>
          {acts && <th scope="col">Change</th>}
        </tr>
      </thead>
      <tbody>
        {people.map((member) => (
          <tr key={member.id}>
            <th scope="row">
              {member.name ?? "Name was erased"}
              {member.suspendedAt && " "}
              {member.suspendedAt && <span className="status bad">Suspended</span>}
              <br />
              <span className="quiet">
                {member.email}
                {member.accountId !== account.id && ` · ${member.accountName}`}
              </span>
            </th>
            <td data-name="May">{ROLES[member.role]}</td>
            <td data-name="Second factor">
              {member.secondFactorSince ? (
                `since ${day(member.secondFactorSince)}`
              ) : (
                <span className={account.secondFactorDemanded ? undefined : "quiet"}>none</span>
              )}
            </td>
            <td data-name="Since">{day(member.addedAt)}</td>
            {acts && (
              <td data-name="Change">
                {member.id === oneself ? (
                  <span className="quiet">This is you</span>
                ) : (
                  <Acts {...acting} member={member} />
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
