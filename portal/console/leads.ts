/** Where a thing has its page. */

/** The address of what an id names; null when it has no page. */
export function leads(id: string): string | null {
  if (id.startsWith("lic_")) return `/licenses/${id}`;
  if (id.startsWith("acc_")) return `/customers/${id}`;
  if (id.startsWith("prd_")) return `/catalog?product=${id}`;
  return null;
}
