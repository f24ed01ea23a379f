/** People of a customer as pages ask for them, and what is changed about them, whichever side it is of. */

import type { Done } from "../client";
import type { GrantedRole } from "../grants";
import type { Make } from "../password-link";
import type { MemberRole } from "../roles";
import type { Ground } from "./grounds";

/** What somebody may do with a person or an account, as far as these parts ask. */
export type Rights = string[];

/** A person. */
export interface Person {
  id: string;
  name?: string | null;
  email?: string | null;
  accountId: string;
  accountName?: string | null;
  role: MemberRole;
  addedAt: string;
  suspendedAt?: string | null;
  secondFactorSince?: string | null;
  linkedSince?: string | null;
  may: Rights;
}

/** The identity provider of an account. */
export interface Provider {
  issuer: string;
  clientId: string;
  connectedAt: string;
  requiredSince?: string | null;
  peopleLinked: number;
}

/** Shows how a change went. */
export type Show = (what: string) => (done: Done) => void;

/** What is changed about one person. */
export interface Changes {
  changeRole: (input: { memberId: string; role: MemberRole }) => Promise<Done>;
  suspend: (input: { memberId: string }) => Promise<Done>;
  restore: (input: { memberId: string }) => Promise<Done>;
  erase: (input: { memberId: string; ground: Ground }) => Promise<Done>;
  removeSecondFactor: (input: { memberId: string }) => Promise<Done>;
  endSessions: (input: { memberId: string }) => Promise<Done>;
  unlinkIdentity: (input: { memberId: string }) => Promise<Done>;
  makeLink: Make;
  grant: (input: {
    memberId: string;
    role: GrantedRole;
    accountId?: string | null;
    licenseId?: string | null;
    endsAt: string | null;
  }) => Promise<Done>;
}

/** What the person is called. */
export function named({ name, email }: { name?: string | null; email?: string | null }): string {
  return name ?? email ?? "this person";
}

interface Named {
  id: string;
  name?: string | null;
}

/** Over what a role may be granted: the account and all below it, one of those below, one of its licenses. */
export function placesOf(
  account: Named & { subAccounts: { nodes: Named[] } },
  licenses: { id: string; productName: string; keyMasked?: string | null }[],
): { id: string; text: string }[] {
  const below = account.subAccounts.nodes;
  const whole = account.name ?? "This organization";
  return [
    { id: account.id, text: below.length > 0 ? `${whole} and all below it` : whole },
    ...below.map(({ id, name }) => ({ id, text: name ?? "Name was erased" })),
    ...licenses.map((one) => ({
      id: one.id,
      text: `Only the license ${one.productName} ${one.keyMasked ?? ""}`.trim(),
    })),
  ];
}
