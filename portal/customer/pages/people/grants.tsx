/** Granting a person a role beside its own. */

import { useChange } from "../../../shared/client";
import { GiveRole, type GrantedRole } from "../../../shared/grants";
import { RoleGrantDocument } from "../../operations.generated";
import { type Account, type Member, named, type Show } from "./shown";

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
