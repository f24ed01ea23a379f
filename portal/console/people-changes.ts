/** What this side can change about people and how they sign in, for the parts that both sides share. */

import { useChange } from "../shared/client";
import type { Changes } from "../shared/people/shown";
import type { ProviderChanges } from "../shared/people/single-sign-on";
import {
  AccountConnectIdentityProviderDocument,
  AccountDisconnectIdentityProviderDocument,
  AccountRequireSingleSignOnDocument,
  MemberChangeRoleDocument,
  MemberEndSessionsDocument,
  MemberEraseDocument,
  MemberRemoveSecondFactorDocument,
  MemberRestoreDocument,
  MemberSuspendDocument,
  MemberUnlinkIdentityDocument,
  PasswordLinkMakeDocument,
  RoleGrantDocument,
} from "./operations.generated";

/** About one person. */
export function usePersonChanges(): Changes {
  const changeRole = useChange(MemberChangeRoleDocument);
  const suspend = useChange(MemberSuspendDocument);
  const restore = useChange(MemberRestoreDocument);
  const erase = useChange(MemberEraseDocument);
  const removeSecondFactor = useChange(MemberRemoveSecondFactorDocument);
  const endSessions = useChange(MemberEndSessionsDocument);
  const unlinkIdentity = useChange(MemberUnlinkIdentityDocument);
  const make = useChange(PasswordLinkMakeDocument);
  const grant = useChange(RoleGrantDocument);
  return {
    changeRole,
    suspend,
    restore,
    erase,
    removeSecondFactor,
    endSessions,
    unlinkIdentity,
    makeLink: (memberId) => make({ memberId }),
    grant,
  };
}

/** About the identity provider of an account. */
export function useProviderChanges(): ProviderChanges {
  const connect = useChange(AccountConnectIdentityProviderDocument);
  const require = useChange(AccountRequireSingleSignOnDocument);
  const disconnect = useChange(AccountDisconnectIdentityProviderDocument);
  return { connect, require, disconnect };
}
