/** What the parts of a license's page are given. */

import type { Done } from "../../../shared/client";
import type { BlockerKind, LicenseQuery } from "../../operations.generated";

/** The license as the page asked for it. */
export type Shown = NonNullable<LicenseQuery["license"]>;

/** What a part needs that changes something. */
export interface Changing {
  license: Shown;
  may: boolean;
  show: (what: string) => (done: Done) => void;
}

/** Why a license is stopped, as one says it. */
export const BLOCKERS: Record<BlockerKind, string> = {
  BILLING: "Something is not paid",
  ABUSE: "It is being abused",
  VENDOR_HOLD: "You hold it back",
  CUSTOMER_HOLD: "The customer holds it back",
  COMPLIANCE: "The law or a sanction stops it",
};

/** Whose license of what, for titles and warnings. */
export function named(license: { productName: string; accountName?: string | null }): string {
  return `${license.productName} of ${license.accountName ?? "an erased account"}`;
}
