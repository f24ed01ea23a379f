/** The own account: the password, and where one is signed in. */

import { OwnAccount } from "../../shared/account";
import { useChange, usePage } from "../../shared/client";
import { Answered } from "../../shared/ui";
import { AccountDocument, SessionEndDocument } from "../operations.generated";

/** The page. */
export default function Account() {
  const page = usePage(AccountDocument, {});
  const end = useChange(SessionEndDocument);
  return (
    <Answered page={page} rows={8}>
      {({ viewer }) => (
        <OwnAccount
          name={viewer.staff?.name}
          email={viewer.staff?.email}
          role={
            viewer.role === "OPERATOR"
              ? "Operator: does everything at the vendor’s side"
              : "Auditor: sees everything, changes nothing"
          }
          passwordSetAt={viewer.passwordSetAt}
          secondFactor={viewer.secondFactor}
          sessions={viewer.sessions}
          end={(sessionId) => end({ sessionId })}
          again={page.retry}
        />
      )}
    </Answered>
  );
}
