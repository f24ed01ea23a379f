/** What is there for whoever must set up a second factor first: nothing else. */

import { signOut } from "./client";
import { SecondFactor } from "./second-factor";
import { Title } from "./ui";

/** In place of every page, until there is a second factor. */
export default function Demanded() {
  return (
    <main id="content" className="alone">
      <Title window="A second factor is needed">Your organization demands a second factor</Title>
      <p>
        An admin decided that everybody signs in with a code of an authenticator beside the
        password. Set yours up here; it takes a minute, and then you go on where you were.
      </p>
      <SecondFactor
        factor={null}
        show={() => () => undefined}
        then={() => window.location.reload()}
      />
      <p>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </p>
    </main>
  );
}
