/** In place of everything once somebody signed out: nothing of theirs is left, also where the service cannot be reached. */

import { useEffect } from "react";

export function SignedOut() {
  useEffect(() => {
    document.title = "Signed out";
    // What was looked for stood in the address.
    history.replaceState(null, "", "/sign-in");
  }, []);
  return (
    <main id="content" className="alone">
      <h1>Signed out here</h1>
      <p role="status">
        Waiting for the service to end the session. Without a connection it is told as soon as there
        is one: leave this page open until then. On a computer that others use too, do not walk away
        before.
      </p>
    </main>
  );
}
