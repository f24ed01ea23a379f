/** What the parts of the page are given. */

import type { Done } from "../../../shared/client";
import type { PeopleQuery } from "../../operations.generated";

/** The account as the page asked for it. */
export type Account = NonNullable<PeopleQuery["account"]>;

/** One of its people. */
export type Member = Account["people"]["nodes"][number];

/** Shows how a change went. */
export type Show = (what: string) => (done: Done) => void;

/** What the person is called. */
export function named({ name, email }: Member): string {
  return name ?? email ?? "this person";
}
