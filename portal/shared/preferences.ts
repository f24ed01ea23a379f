/** How somebody wants pages to look, in every browser: kept in the ledger, and here for the next start. */

import { keptZone, setZone } from "./format";
import { setTheme, theme } from "./theme";

/** What was chosen; what is missing is as the browser has it. */
export interface Preferences {
  timeZone?: string | null;
  theme?: "LIGHT" | "DARK" | null;
}

/** What this browser shows now. */
export function shownHere(): Preferences {
  const look = theme();
  const told = look === "light" ? "LIGHT" : look === "dark" ? "DARK" : null;
  return { timeZone: keptZone(), theme: told };
}

/** Shows pages as was chosen, perhaps in another browser. Whoever never chose keeps what this one has. */
export function adopt(chosen: Preferences | null | undefined): void {
  if (!chosen) return;
  setTheme(chosen.theme === "LIGHT" ? "light" : chosen.theme === "DARK" ? "dark" : "system");
  const zone = chosen.timeZone ?? null;
  if (zone !== keptZone()) {
    setZone(zone);
    // Everything that tells a time tells it anew.
    location.reload();
  }
}
