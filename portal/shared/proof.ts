/** How whoever is signed in shows who one is: with a password, or at the own organization. */

import { useEffect, useState } from "react";

/** Where one's organization confirms again who one is, and then says that the window can be closed. */
export const AGAIN = "/sign-in/organization/again?next=/sign-in/organization/done";

/** Where it is shown, and whether that was done in the last five minutes. */
export interface Proof {
  at: "password" | "organization";
  proven: boolean;
  /** Whether there is a passkey for this host. */
  passkey: boolean;
}

/** Null where nobody tells: the vendor's people always use a password. */
export async function proof(): Promise<Proof | null> {
  const answer = await fetch("/confirm").catch(() => null);
  return answer?.ok ? answer.json().catch(() => null) : null;
}

/** The same for a part of a page, once it is known. */
export function useProof(): Proof | null {
  const [known, setKnown] = useState<Proof | null>(null);
  useEffect(() => {
    proof().then(setKnown);
  }, []);
  return known;
}
