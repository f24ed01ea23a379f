/** The own account: the password, and where one is signed in. */

import { OwnAccount } from "../../shared/account";
import { type Done, useChange, useLookup, usePage } from "../../shared/client";
import { EndGrant, GRANTED, reach, until } from "../../shared/grants";
import { OwnPrograms } from "../../shared/programs";
import { Promote } from "../../shared/promote";
import { ROLES } from "../../shared/roles";
import { Answered, Section } from "../../shared/ui";
import {
  AccountDocument,
  AccountPromoteDocument,
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
  const promote = useChange(AccountPromoteDocument);
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
          beside={(show) => (
            <>
              <Alone account={viewer.account} promote={promote} show={show} />
              {viewer.grants.length > 0 && (
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
              )}
            </>
          )}
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

/** For the account of a person: that it is one, and how others can join. */
function Alone(props: {
  account: AccountQuery["viewer"]["account"];
  promote: (input: { accountId: string; name: string }) => Promise<Done>;
  show: (what: string) => (done: Done) => void;
}) {
  const { account } = props;
  if (account?.party !== "PERSON" || !account.may.includes("MANAGE_PEOPLE")) return null;
  return (
    <Section
      name="Yours alone"
      note="You have this account as a person: you are the only one in it, and it is called as you are. To let others in, make it the account of an organization."
    >
      <Promote
        whose="you"
        promote={(name) => props.promote({ accountId: account.id, name })}
        show={props.show}
      />
    </Section>
  );
}
