/** What is done about a person: the role, the way in, keeping out, erasing. One button for what is done most, the rest in a
 * menu beside it. */

import { useState } from "react";
import { GiveRole, type GrantedRole } from "../grants";
import { type Item, Menu } from "../menu";
import { type Made, MakeLink } from "../password-link";
import { Codes, Restore, Role, Sessions, Suspend, Unlink } from "./each";
import { Erase, type Erased, type Held } from "./erase";
import { type Changes, named, type Person, type Show } from "./shown";

/** What each act is called in the menu. */
const NAMES = {
  role: "Change the role",
  grant: "Grant more",
  codes: "No longer ask for a code",
  sessions: "Sign out everywhere",
  unlink: "Unlink from single sign-on",
  suspend: "Suspend",
  restore: "Restore",
  erase: "Erase for good",
} as const;

type Act = keyof typeof NAMES;

/** What the parts of a row are given. */
export interface Acting {
  member: Person;
  changes: Changes;
  show: Show;
  made: (link: Made) => void;
  erased: (erased: Erased) => void;
  /** Why nobody of the account may be erased now, where that is known. */
  held?: Held[];
  /** Which roles whoever looks may give beside the own ones, and over what. */
  roles: GrantedRole[];
  places: { id: string; text: string }[];
}

/** Which acts are in the menu of a person, in their order. The one that is done most has a button. */
function offered({ member, roles }: Acting): Act[] {
  const { may } = member;
  const suspended = member.suspendedAt != null;
  const signIn = may.includes("MANAGE_SIGN_IN");
  const people = may.includes("MANAGE_PEOPLE");
  const all: [Act, boolean][] = [
    ["role", may.includes("SET_ROLES")],
    ["grant", roles.length > 0],
    ["codes", signIn && member.secondFactorSince != null],
    ["sessions", signIn],
    ["unlink", signIn && member.linkedSince != null],
    ["suspend", people && !suspended],
    ["erase", people && suspended],
  ];
  return all.filter(([, offered]) => offered).map(([act]) => act);
}

/** What may be done about a person. */
export function Acts(props: Acting) {
  const { member, changes, show } = props;
  const [asked, setAsked] = useState<Act | null>(null);
  const name = named(member);
  const items: Item[] = offered(props).map((act) => ({
    name: NAMES[act],
    danger: act === "suspend" || act === "erase",
    act: () => setAsked(act),
  }));
  const suspended = member.suspendedAt != null;
  return (
    <div className="acts">
      {suspended && member.may.includes("MANAGE_PEOPLE") && (
        <button
          type="button"
          className="small"
          aria-label={`Restore ${name}`}
          onClick={() => setAsked("restore")}
        >
          Restore
        </button>
      )}
      {!suspended && member.may.includes("MANAGE_SIGN_IN") && (
        <MakeLink
          member={member}
          name={name}
          make={changes.makeLink}
          made={props.made}
          show={show}
        />
      )}
      <Menu button="More" label={`More about ${name}`} items={items} />
      {asked && <Asked {...props} act={asked} close={() => setAsked(null)} />}
    </div>
  );
}

/** The dialog of one act. */
function Asked(props: Acting & { act: Act; close: () => void }) {
  const { member, changes, show, roles, places } = props;
  const given = { member, changes, show, close: props.close };
  switch (props.act) {
    case "role":
      return <Role {...given} />;
    case "codes":
      return <Codes {...given} />;
    case "sessions":
      return <Sessions {...given} />;
    case "unlink":
      return <Unlink {...given} />;
    case "suspend":
      return <Suspend {...given} />;
    case "restore":
      return <Restore {...given} />;
    case "erase":
      return <Erase {...given} held={props.held ?? []} erased={props.erased} />;
    case "grant":
      return (
        <GiveRole
          close={props.close}
          title={`What may ${named(member)} do beside that?`}
          roles={roles}
          person={{ id: member.id, text: named(member) }}
          places={places}
          give={({ memberId, role, place, endsAt }) =>
            changes.grant({
              memberId,
              role,
              ...(place.startsWith("lic_") ? { licenseId: place } : { accountId: place }),
              endsAt,
            })
          }
          show={show}
        />
      );
  }
}
