/** The quotas of an account: what is counted against a bound. */

import type { OverviewQuery } from "./operations.generated";

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
