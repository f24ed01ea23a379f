/** What is there for whoever must show a second factor first, or set one up: nothing else. */

import { useState } from "react";
import { signOut } from "./client";
import { knowsPasskeys, showPasskey } from "./passkey";
import { AddPasskey } from "./passkeys";
import { useProof } from "./proof";
import { SecondFactor } from "./second-factor";
import { StepUp } from "./step-up";
import { Section, Title } from "./ui";

/** In place of every page, until there is a second factor. */
export default function Demanded() {
  const known = useProof();
  const goOn = () => window.location.reload();
  return (
    <StepUp>
      <main id="content" className="alone">
        <Title window="A second factor is needed">Your organization demands a second factor</Title>
        {known?.passkey && knowsPasskeys() ? (
          <ShowPasskey shown={goOn} />
        ) : (
          <>
            <p>
              An admin decided that everybody signs in with more than a password: a code of an
              authenticator, or a passkey. Set yours up here; it takes a minute, and then you go on
              where you were.
            </p>
            {knowsPasskeys() && (
              <Section
                name="Passkey"
                note="With the fingerprint, face or PIN of this device. The quickest way, and the safest."
              >
                <AddPasskey added={() => goOn} />
              </Section>
            )}
            <SecondFactor factor={null} show={() => () => undefined} then={goOn} />
          </>
        )}
        <p>
          <button type="button" onClick={signOut}>
            Sign out
          </button>
        </p>
      </main>
    </StepUp>
  );
}

function ShowPasskey({ shown }: { shown: () => void }) {
  const [refused, setRefused] = useState<string | null>(null);
  const ask = async () => {
    const answer = await showPasskey();
    setRefused(answer.ok ? null : answer.message);
    if (answer.ok) shown();
  };
  return (
    <>
      <p>You have a passkey, and came in without it. Show it once, and you go on where you were.</p>
      {refused && (
        <p className="refused" role="alert">
          {refused}
        </p>
      )}
      <p>
        <button type="button" className="primary" onClick={ask}>
          Use a passkey
        </button>
      </p>
    </>
  );
}
