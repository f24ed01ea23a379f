/** What was granted beside the roles that people have by themselves; and granting it. */

import { useChange } from "../../../shared/client";
import { counted } from "../../../shared/format";
import {
  EndGrant,
  GiveRole,
  GRANTED,
  type GrantedRole,
  reach,
  until,
} from "../../../shared/grants";
import { Section } from "../../../shared/ui";
import { RoleGrantDocument, RoleGrantEndDocument } from "../../operations.generated";
import { type Account, type Member, named, type Show } from "./shown";

/** Who may do more than by a role of its own. */
export function Granted(props: { account: Account; show: Show }) {
  const { account, show } = props;
  const end = useChange(RoleGrantEndDocument);
  const { nodes, totalCount } = account.grants;
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
              {one.mayEnd && (
                <EndGrant grant={one} name={name} end={(grantId) => end({ grantId })} show={show} />
              )}
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

/** Grants a person a role. */
export function Grants(props: {
  member: Member;
  roles: GrantedRole[];
  account: Account;
  show: Show;
}) {
  const { member, roles, account, show } = props;
  const grant = useChange(RoleGrantDocument);
  const name = named(member);
  const below = account.subAccounts.nodes.map((one) => ({
    id: one.id,
    text: one.name ?? "Name was erased",
  }));
  return (
    <GiveRole
      button="Grant"
      label={`Grant ${name} a role`}
      title={`What may ${name} do beside that?`}
      roles={roles}
      person={{ id: member.id, text: name }}
      places={[
        {
          id: account.id,
          text: `${account.name ?? "This organization"}${below.length > 0 ? " and all below it" : ""}`,
        },
        ...below,
      ]}
      give={({ memberId, role, place, endsAt }) =>
        grant({ memberId, role, accountId: place, endsAt })
      }
      show={show}
    />
  );
}
