/** What the parts of a license's page are given. */

import type { Done } from "../../../shared/client";
import type { LicenseQuery } from "../../operations.generated";

/** The license as the page asked for it. */
export type Shown = NonNullable<LicenseQuery["license"]>;

/** What a part needs that changes something. */
export interface Changing {
  license: Shown;
  /** What whoever looks may do with it. */
  rights: Shown["may"];
  show: (what: string) => (done: Done) => void;
}
