/** What was issued, with its key. */

import { Link } from "wouter";
import { type Done, useChange } from "../../../shared/client";
import { Key } from "../../../shared/key";
import { Recorded, Section } from "../../../shared/ui";
import { RevealKeyDocument } from "../../operations.generated";

/** What issuing a license led to. */
export interface Result {
  license: { id: string; keyMasked: string | null } | null;
  /** Whose it is. */
  name: string;
  done: Done;
}

/** The key, and where to go from here. */
export function Issued({ result, again }: { result: Result; again: () => void }) {
  const reveal = useChange(RevealKeyDocument);
  const { license, name } = result;
  return (
    <>
      <Recorded done={result.done} what={`${name} has a new license.`} />
      <Section name="Its key">
        <div className="stack once">
          <p>
            <Key
              masked={license?.keyMasked}
              reveal={license ? () => reveal({ licenseId: license.id }) : null}
            />
          </p>
          <p>
            Whoever has the key can activate the software. {name} finds it in the portal as well,
            where its admins can show it.
          </p>
          <div className="actions">
            <button type="button" onClick={again}>
              Issue another
            </button>
            <Link
              className="button primary"
              href={license ? `/licenses/${license.id}` : "/licenses"}
            >
              Go to the license
            </Link>
          </div>
        </div>
      </Section>
    </>
  );
}
