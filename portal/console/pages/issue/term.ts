/** When an issued license runs: from what was filled in, and from what its plan says. */

import { date, day, duration, instant } from "../../../shared/format";
import type { TermInput } from "../../operations.generated";
import type { Terms } from "./grants";

/** What is sent, and how it is said before. */
export interface Runs {
  term: TermInput | null;
  effectiveAt: string | null;
  said: string;
}

/** A date later by one calendar length; a day that a month does not have is its last. */
function later(start: string, length: string): string | null {
  const [, many, unit] = /^P(\d+)([DWMY])$/.exec(length) ?? [];
  if (!many || !unit) return null;
  const at = new Date(`${start}T00:00Z`);
  if (unit === "D" || unit === "W") {
    at.setUTCDate(at.getUTCDate() + Number(many) * (unit === "W" ? 7 : 1));
  } else {
    const wanted = at.getUTCDate();
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() + Number(many) * (unit === "Y" ? 12 : 1));
    const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
    at.setUTCDate(Math.min(wanted, last));
  }
  return at.toISOString().slice(0, 10);
}

/** Why it cannot run so; null when it can. Days are those of the contract's time zone. */
export function fault(
  starts: string,
  ends: string,
  plan: Terms | null,
  zone: string,
): string | null {
  const today = date(Date.now(), zone);
  if (ends) return ends <= (starts || today) ? "It has to end after it starts." : null;
  return starts > today && !plan
    ? "Say when it ends: its plan is an older version than the catalog shows."
    : null;
}

/** How it runs. A start in the past is told as such, so that the plan counts from it; one ahead is a term of its own. */
export function runs(starts: string, ends: string, plan: Terms | null, zone: string): Runs {
  const today = date(Date.now(), zone);
  const ahead = starts > today;
  const past = starts !== "" && starts < today;
  const from = starts ? instant(starts, zone) : null;
  const effectiveAt = past ? from : null;
  if (ends || ahead) {
    const begin = from && starts !== today ? from : new Date().toISOString();
    const last = ends || (plan?.term ? later(starts, plan.term) : null);
    const until = last ? instant(last, zone) : null;
    return {
      term: { from: begin, until },
      effectiveAt,
      said: `It runs from ${day(begin, zone)} ${until ? `until ${day(until, zone)}` : "without an end"}, by the clocks of ${zone}.`,
    };
  }
  if (!plan) return { term: null, effectiveAt, said: "It runs as its plan says." };
  const length = plan.term ? `for ${duration(plan.term)}` : "without an end";
  if (plan.starts === "FIRST_ACTIVATION") {
    return { term: null, effectiveAt, said: `It runs ${length} from its first activation on.` };
  }
  return {
    term: null,
    effectiveAt,
    said: `It runs ${length} from ${from ? day(from, zone) : "now"} on.`,
  };
}
