/** What was issued, with its key: the one time that it is shown whole. */

import { Link } from "wouter";
import type { Done } from "../../../shared/client";
import { Copyable, Recorded, Section } from "../../../shared/ui";

/** What issuing a license led to. */
export interface Result {
  id: string | null;
  key: string;
  /** Whose it is. */
  name: string;
  done: Done;
}

/** The key, and where to go from here. */
export function Issued({ result, again }: { result: Result; again: () => void }) {
  return (
    <>
      <Recorded done={result.done} what={`${result.name} has a new license.`} />
      <Section name="Its key">
        <div className="stack once">
          <Copyable text={result.key} label="the key" />
          <p>
            <strong>This key is shown this once.</strong> Copy it now and give it to {result.name}.
            From here on only its first and last part are shown, also to you.
          </p>
          <div className="actions">
            <button type="button" onClick={again}>
              Issue another
            </button>
            <Link
              className="button primary"
              href={result.id ? `/licenses/${result.id}` : "/licenses"}
            >
              I have it: go to the license
            </Link>
          </div>
        </div>
      </Section>
    </>
  );
}
