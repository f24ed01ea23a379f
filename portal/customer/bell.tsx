/** The way to what one was told, and how much of it is new. */

import { Link } from "wouter";
import { counted } from "../shared/format";

/** How many are counted in the head; beyond that it says "more". */
const COUNTED_MAX = 99;

export function Bell({ unread }: { unread: number }) {
  const name = unread > 0 ? `Notifications: ${counted(unread, "new one")}` : "Notifications";
  return (
    <Link href="/notifications" className="bell" aria-label={name} title={name}>
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
        <path
          d="M12 3a6 6 0 0 0-6 6v3.6L4.4 16a1 1 0 0 0 .9 1.5h13.4a1 1 0 0 0 .9-1.5L18 12.6V9a6 6 0 0 0-6-6Zm-2.4 16a2.5 2.5 0 0 0 4.8 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.7"
          strokeLinejoin="round"
        />
      </svg>
      {unread > 0 && (
        <span className="count">{unread > COUNTED_MAX ? `${COUNTED_MAX}+` : unread}</span>
      )}
    </Link>
  );
}
