/** Numbers, instants and words as a reader expects them: by the browser's locale, in the chosen time zone. */

const ZONE_KEY = "deedbook.zone";
const DAY_MS = 86_400_000;

/** The time zone that every instant is shown in; else the browser's own. */
export function zone(): string {
  return localStorage.getItem(ZONE_KEY) ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Shows instants in this time zone from now on. */
export function setZone(chosen: string): void {
  localStorage.setItem(ZONE_KEY, chosen);
}

/** A whole number that may be larger than what a number holds. */
export function count(value: string | number | bigint): string {
  return new Intl.NumberFormat().format(BigInt(value));
}

/** A day, such as "31 Jan 2027". */
export function day(instant: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: zone() }).format(
    new Date(instant),
  );
}

/** A day with the time. */
export function moment(instant: string): string {
  return new Intl.DateTimeFormat(undefined, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: zone(),
  }).format(new Date(instant));
}

/** How many days from one instant to another; negative when it lies before. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** "in 12 days", "3 hours ago". */
export function relative(instant: string, now: string | number = Date.now()): string {
  const seconds = (Date.parse(instant) - Number(new Date(now))) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["year", 31_536_000],
    ["month", 2_592_000],
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) {
      return words.format(Math.trunc(seconds / length), unit);
    }
  }
  return words.format(Math.trunc(seconds), "second");
}

/** A word of the API for a person: `NOT_STARTED` becomes "Not started". */
export function words(code: string): string {
  const text = code.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "1 seat", "3 seats". */
export function counted(value: string | number, one: string, many = `${one}s`): string {
  return `${count(value)} ${String(value) === "1" ? one : many}`;
}

/** How full something is, 0 to 1 and beyond; null when it has no bound. */
export function share(used: string | null | undefined, bound: string | null | undefined) {
  if (used == null || bound == null) return null;
  const limit = Number(bound);
  return limit === 0 ? (Number(used) === 0 ? 0 : 1) : Number(used) / limit;
}
