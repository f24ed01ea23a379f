/** What people of a customer may do, in words. */

export type MemberRole = "ORG_ADMIN" | "MEMBER" | "AUDITOR";

/** Each role with what it means. */
export const ROLES: Record<MemberRole, string> = {
  ORG_ADMIN: "Admin: manages everything of the organization",
  MEMBER: "Member: uses what was given to them",
  AUDITOR: "Auditor: sees everything, changes nothing",
};

/** The field in which one is chosen. */
export function RoleField(props: { role: MemberRole; choose: (role: MemberRole) => void }) {
  return (
    <label>
      Role
      <select
        value={props.role}
        onChange={({ target }) => props.choose(target.value as MemberRole)}
      >
        {Object.entries(ROLES).map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
