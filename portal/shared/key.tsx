/** A license key: masked, until somebody who may see it asks for it. */

import { useState } from "react";
import type { Done } from "./client";
import { Confirm, Copyable } from "./ui";

/** What the service answers with a key in the clear. */
export interface Revealed {
  licenseRevealKey?: { key?: string | null } | null;
}

/** The key as a page shows it; without `reveal` it stays masked. */
export function Key(props: {
  masked: string | null | undefined;
  reveal: (() => Promise<Done<Revealed>>) | null;
}) {
  const [shown, setShown] = useState<string | null>(null);
  if (!props.masked) return "erased";
  if (shown) {
    return (
      <span className="key">
        <Copyable text={shown} label="the key" />
        <button type="button" className="small" onClick={() => setShown(null)}>
          Hide
        </button>
      </span>
    );
  }
  return (
    <span className="key">
      <Copyable text={props.masked} label="the masked key" />
      {props.reveal && (
        <Confirm
          button="Show"
          label="Show the key"
          title="Show the key?"
          effects={
            <p>
              Whoever has the key can activate the software. That you looked at it is recorded in
              the history of the license.
            </p>
          }
          act="Show the key"
          keep="Leave it masked"
          onConfirm={props.reveal}
          onDone={(done) => done.ok && setShown(done.data.licenseRevealKey?.key ?? null)}
        />
      )}
    </span>
  );
}
