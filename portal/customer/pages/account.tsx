/** The own account: the password, and where one is signed in. */

import { OwnAccount } from "../../shared/account";
import { useChange, useLookup, usePage } from "../../shared/client";
import { EndGrant, GRANTED, reach, until } from "../../shared/grants";
import { OwnPrograms } from "../../shared/programs";
import { ROLES } from "../../shared/roles";
import { Answered, Section } from "../../shared/ui";
import {
  AccountDocument,
  type AccountQuery,
  ApiTokenCreateDocument,
  ApiTokenRevokeDocument,
  ProfileChangeDocument,
  RoleGrantEndDocument,
  SessionEndDocument,
  SignInsDocument,
} from "../operations.generated";
import { NotificationChoices } from "./notification-choices";

/** The page. */
export default function Account() {
  const page = usePage(AccountDocument, {});
  const end = useChange(SessionEndDocument);
  const create = useChange(ApiTokenCreateDocument);
  const revoke = useChange(ApiTokenRevokeDocument);
  const rename = useChange(ProfileChangeDocument);
  const giveUp = useChange(RoleGrantEndDocument);
  return (
    <Answered page={page} rows={8}>
      {({ viewer }) => (
        <OwnAccount
          name={viewer.member?.name}
          email={viewer.member?.email}
          role={viewer.member ? ROLES[viewer.member.role] : "—"}
          rename={(name) => rename({ name })}
          useSignIns={useSignIns}
          passwordSetAt={viewer.passwordSetAt}
          secondFactor={viewer.secondFactor}
          passkeys={viewer.passkeys}
          sessions={viewer.sessions}
          end={(sessionId) => end({ sessionId })}
          again={page.retry}
          programs={(show) => (
            <OwnPrograms
              tokens={viewer.apiTokens}
              offers={offers(viewer)}
              create={create}
              revoke={(tokenId) => revoke({ tokenId })}
              show={show}
            />
          )}
          told={(show) => <NotificationChoices chosen={viewer.notificationChoices} show={show} />}
          beside={(show) =>
            viewer.grants.length > 0 && (
              <Section name="You also may" note="Granted to you, beside your own role.">
                <ul className="rows">
                  {viewer.grants.map((one) => (
                    <li key={one.id} className="row">
                      <div>
                        {reach(one)}
                        <br />
                        <span className="quiet">
                          {GRANTED[one.role]} · {until(one)}
                        </span>
                      </div>
                      <EndGrant
                        grant={one}
                        name={null}
                        end={(grantId) => giveUp({ grantId })}
                        show={show}
                      />
                    </li>
                  ))}
                </ul>
              </Section>
            )
          }
        />
      )}
    </Answered>
  );
}

/** What one may let a program do beside seeing: as far as one may do it oneself, somewhere. */
function offers({ member, grants }: AccountQuery["viewer"]): ("LICENSES" | "PEOPLE")[] {
  const role = member?.role;
  const granted = grants.filter(({ counts }) => counts).map((one) => one.role);
  const people = role === "ORG_ADMIN" || granted.includes("ADMIN");
  const licenses = people || role === "MEMBER" || granted.includes("LICENSE_MANAGER");
  return [...(licenses ? (["LICENSES"] as const) : []), ...(people ? (["PEOPLE"] as const) : [])];
}

function useSignIns(wanted: boolean) {
  return useLookup(SignInsDocument, {}, wanted).data?.viewer.signIns;
}
