/** Where the customer portal is, for whoever looks from the console: the vendor's side does not know it, so somebody types it
 * once in this browser. */

import { useState } from "react";

const KEY = "deedbook.portal";

/** What stands before a path; empty where nothing was typed. */
export function originOf(typed: string): string {
  return typed.trim().replace(/\/+$/, "");
}

/** The address as it was typed, and how to type another. */
export function usePortalAddress(): [string, (origin: string) => void] {
  const [typed, setTyped] = useState(localStorage.getItem(KEY) ?? "");
  const say = (next: string) => {
    localStorage.setItem(KEY, next);
    setTyped(next);
  };
  return [typed, say];
}

/** The field in which it is typed. */
export function PortalAddress(props: { origin: string; typed: (origin: string) => void }) {
  return (
    <label>
      Address of your customer portal
      <input
        type="url"
        value={props.origin}
        placeholder="https://portal.example.com"
        autoComplete="off"
        onChange={({ target }) => props.typed(target.value)}
      />
    </label>
  );
}
