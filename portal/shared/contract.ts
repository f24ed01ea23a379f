/** What was contracted, as one reads it: instants by the clocks of a contract, amounts in its currency. Whatever the reader
 * has chosen, a contract ends when it ends, so that its own clocks are told. */

/** An instant by the clocks of a contract, as pages ask for it. */
export interface LocalTime {
  /** What the clocks show, and how far they are ahead of UTC: `2026-12-31T23:59:59+01:00`. */
  local: string;
  timeZone: string;
}

/** "31 December 2026, 23:59:59 UTC+01:00 (Europe/Paris)". The offset is the ledger's, not the browser's. */
export function localTime({ local, timeZone }: LocalTime): string {
  const [, clock = "", offset = ""] = /^(.+)([+-]\d\d:\d\d)$/.exec(local) ?? [];
  const at = new Date(`${clock}Z`);
  const date = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone: "UTC" });
  const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", timeZone: "UTC" });
  const zone = timeZone === "UTC" ? "UTC" : `UTC${offset} (${timeZone})`;
  return `${date.format(at)}, ${time.format(at)} ${zone}`;
}

/** How amounts are written: by the locale of the contract, else by the browser's. */
function written(currency: string, locale: string | null | undefined): Intl.NumberFormat {
  const how = { style: "currency", currency } as const;
  try {
    return new Intl.NumberFormat(locale ?? undefined, how);
  } catch {
    // A locale that this browser does not know.
    return new Intl.NumberFormat(undefined, how);
  }
}

/** How many digits a currency has behind the point: two for euros, none for yen. */
export function fractionDigits(currency: string): number {
  return written(currency, "en").resolvedOptions().maximumFractionDigits ?? 2;
}

/** An amount that is counted in the smallest unit of its currency: "1.234,50 €", "￥120,000". */
export function money(minor: string, currency: string, locale?: string | null): string {
  const digits = fractionDigits(currency);
  const all = minor.padStart(digits + 1, "0");
  const whole = all.slice(0, all.length - digits);
  const exact = digits === 0 ? whole : `${whole}.${all.slice(-digits)}`;
  // As a text: an amount may be larger than what a number holds exactly.
  return written(currency, locale).format(exact as Intl.StringNumericLiteral);
}

/** What was typed as an amount, in the smallest unit; null where it is none of this currency. */
export function minor(typed: string, currency: string): string | null {
  const digits = fractionDigits(currency);
  const [, whole = "", part = ""] = /^(\d{1,12})(?:[.,](\d+))?$/.exec(typed.trim()) ?? [];
  if (whole === "" || part.length > digits) return null;
  return BigInt(whole + part.padEnd(digits, "0")).toString();
}

/** The same amount as one types it: "1234.50". */
export function typed(minor: string, currency: string): string {
  const digits = fractionDigits(currency);
  if (digits === 0) return minor;
  const all = minor.padStart(digits + 1, "0");
  return `${all.slice(0, all.length - digits)}.${all.slice(-digits)}`;
}

/** What a country is called: "France" for `FR`. */
export function country(code: string): string {
  return new Intl.DisplayNames(undefined, { type: "region" }).of(code) ?? code;
}
