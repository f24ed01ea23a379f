/** How an account is: the worst of its reasons, each with where to look. The same numbers give the same words. */

import { counted, words } from "../shared/format";
import type { OverviewQuery } from "./operations.generated";

/** From best to worst. */
export type Level = "good" | "warn" | "bad";

/** One reason. */
export interface Reason {
  level: Level;
  text: string;
  href: string;
}

const STATUSES: Record<string, { level: Level; says: (licenses: string, one: boolean) => string }> =
  {
    EXPIRED: { level: "bad", says: (some, one) => `${some} ${one ? "has" : "have"} expired` },
    SUSPENDED: { level: "bad", says: (some, one) => `${some} ${one ? "is" : "are"} suspended` },
    GRACE: {
      level: "warn",
      says: (some, one) => `${some} ${one ? "is" : "are"} over and in the time of grace`,
    },
    EXPIRING: {
      level: "warn",
      says: (some, one) => `${some} ${one ? "ends" : "end"} within 30 days`,
    },
    ASSIGNED: {
      level: "warn",
      says: (some, one) => `${some} ${one ? "was" : "were"} never activated`,
    },
  };

/** A metered feature with a bound. */
export interface Quota {
  license: string;
  feature: string;
  name: string;
  product: string;
  used: string;
  limit: string;
  part: number;
  resetsAt: string | null;
}

/** The quotas of all licenses in use, fullest first. */
export function quotas(data: OverviewQuery): Quota[] {
  const found = data.entitlements.flatMap((product) =>
    product.modules.flatMap((module) =>
      module.features.flatMap((one): Quota[] => {
        const limit = one.limit?.limit;
        const live = one.state === "ACTIVE" || one.state === "EXPIRING";
        if (one.type !== "METERED" || !live || limit == null || limit === "0") return [];
        const used = one.usage ?? "0";
        return [
          {
            license: one.licenseId,
            feature: one.feature,
            name: one.name,
            product: product.productName,
            used,
            limit,
            part: Number(used) / Number(limit),
            resetsAt: one.resetsAt ?? null,
          },
        ];
      }),
    ),
  );
  return found.sort(
    (one, other) => other.part - one.part || (one.license < other.license ? -1 : 1),
  );
}

/** Why the account is not well; empty when it is. Worst first. */
export function reasons(data: OverviewQuery): Reason[] {
  const found: Reason[] = data.dashboard.byStatus.flatMap(({ status, count }): Reason[] => {
    const known = STATUSES[status];
    if (!known || count === 0) return [];
    const text = known.says(counted(count, "license"), count === 1);
    return [{ level: known.level, text, href: `/licenses?status=${status}` }];
  });
  const over = data.dashboard.seats.overdraftUsed;
  if (over !== "0") {
    found.push({
      level: "bad",
      text: `${counted(over, "seat")} more than you bought ${over === "1" ? "is" : "are"} in use`,
      href: "/licenses",
    });
  }
  for (const quota of quotas(data)) {
    if (quota.part < 0.8) break;
    const full = quota.part >= 1;
    found.push({
      level: full ? "bad" : "warn",
      text: `${quota.name} of ${quota.product} is ${full ? "used up" : "nearly used up"}`,
      href: `/licenses/${quota.license}#allows`,
    });
  }
  const rank = { bad: 0, warn: 1, good: 2 };
  return found.sort((one, other) => rank[one.level] - rank[other.level]);
}

/** The level of all reasons together, and what it is called. */
export function verdict(found: Reason[]): { level: Level; text: string } {
  const level = found[0]?.level ?? "good";
  const text = { good: "All is well", warn: "Needs a look", bad: "Needs action" }[level];
  return { level, text: text ?? words(level) };
}
