/** The own account: the password, and where one is signed in. */

import { OwnAccount } from "../../shared/account";
import { useAsk, useChange, useLookup, usePage } from "../../shared/client";
import { OwnPrograms } from "../../shared/programs";
import { Answered } from "../../shared/ui";
import {
  AccountDocument,
  ApiTokenCreateDocument,
  ApiTokenRevokeDocument,
  SessionEndDocument,
  ShellDocument,
  SignInsDocument,
  StaffRenameDocument,
} from "../operations.generated";

/** The page. */
export default function Account() {
  const page = usePage(AccountDocument, {});
  const end = useChange(SessionEndDocument);
  const change = useChange(StaffRenameDocument);
  const ask = useAsk();
  const rename = async (name: string) => {
    const done = await change({ name });
    // The frame tells the name too, and follows customers only.
    if (done.ok) await ask(ShellDocument, {}).catch(() => null);
    return done;
  };
  const create = useChange(ApiTokenCreateDocument);
  const revoke = useChange(ApiTokenRevokeDocument);
  return (
    <Answered page={page} rows={8}>
      {({ viewer }) => (
        <OwnAccount
          name={viewer.staff?.name}
          email={viewer.staff?.email}
          rename={rename}
          role={
            viewer.role === "OPERATOR"
              ? "Operator: does everything at the vendor’s side"
              : "Auditor: sees everything, changes nothing"
          }
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
              offers={viewer.role === "OPERATOR" ? ["LICENSES", "PEOPLE", "OPERATE"] : []}
              create={create}
              revoke={(tokenId) => revoke({ tokenId })}
              show={show}
            />
          )}
        />
      )}
    </Answered>
  );
}

function useSignIns(wanted: boolean) {
  return useLookup(SignInsDocument, {}, wanted).data?.viewer.signIns;
}
