/** Why personal data has to be erased: article 17, paragraph 1, of the GDPR, as one says it. */

export type Ground =
  | "NO_LONGER_NEEDED"
  | "CONSENT_WITHDRAWN"
  | "OBJECTION"
  | "UNLAWFUL"
  | "LEGAL_OBLIGATION";

/** Each with its words, in the order of the law. */
export const GROUNDS: Record<Ground, string> = {
  NO_LONGER_NEEDED: "No longer needed: the person left",
  CONSENT_WITHDRAWN: "The person withdrew the consent",
  OBJECTION: "The person objects",
  UNLAWFUL: "It should never have been kept",
  LEGAL_OBLIGATION: "The law demands it",
};

/** The same of a whole account. */
const OF_ACCOUNTS: Record<Ground, string> = {
  ...GROUNDS,
  NO_LONGER_NEEDED: "No longer needed: the customer has gone",
  CONSENT_WITHDRAWN: "The customer withdrew the consent",
  OBJECTION: "The customer objects",
};

/** The words for whose data it is, as the id tells. */
export function groundsOf(whose: string): Record<Ground, string> {
  return whose.startsWith("acc_") ? OF_ACCOUNTS : GROUNDS;
}
