/** Numbers, instants and words as a reader expects them: by the browser's locale, in the chosen time zone. */

const ZONE_KEY = "deedbook.zone";
const DAY_MS = 86_400_000;

/** The time zone that every instant is shown in; else the browser's own. */
export function zone(): string {
  return keptZone() ?? browserZone();
}

/** The one that was chosen. */
export function keptZone(): string | null {
  return localStorage.getItem(ZONE_KEY);
}

/** That of the browser. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Shows instants in this time zone from now on; null: in that of the browser. */
export function setZone(chosen: string | null): void {
  if (chosen === null) localStorage.removeItem(ZONE_KEY);
  else localStorage.setItem(ZONE_KEY, chosen);
}

/** A whole number that may be larger than what a number holds. */
export function count(value: string | number | bigint): string {
  return new Intl.NumberFormat().format(BigInt(value));
}

/** A day, such as "31 Jan 2027", by the clocks of the chosen zone or of another one. */
export function day(instant: string, timeZone = zone()): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone }).format(
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

/** "1 year", "30 days" for `P1Y`, `P30D`. */
export function duration(length: string): string {
  const units: Record<string, string> = { D: "day", W: "week", M: "month", Y: "year" };
  const [, many, unit] = /^P(\d+)([DWMY])$/.exec(length) ?? [];
  const name = units[unit ?? ""];
  return many && name ? counted(many, name) : length;
}

/** A value in words as a person says it: "10,000 per month" for `10000 per P1M`. */
export function value(text: string): string {
  return text
    .replace(/^\d+(?= per |$)/, (digits) => count(digits))
    .replace(
      /per (P\d+[DWMY])$/,
      (_, length: string) => `per ${duration(length).replace(/^1 /, "")}`,
    );
}

/** A text of the API as a sentence: its first letter large, what it quotes in quotation marks, instants as one reads them. */
export function sentence(text: string): string {
  const quoted = text
    .replace(/`([^`]*)`/g, "“$1”")
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (instant) => moment(instant));
  return quoted.charAt(0).toUpperCase() + quoted.slice(1);
}

/** The same, with the full stop that texts of the API leave out. */
export function statement(text: string): string {
  return sentence(text).replace(/[^.!?]$/, "$&.");
}

/** A bound in words. */
export function bound(one: { unlimited: boolean; limit?: string | null }): string {
  return one.unlimited ? "no limit" : count(one.limit ?? 0);
}

/** How far the clock of a zone is ahead of UTC at an instant. */
function ahead(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const [year, month, date] = [part("year"), part("month") - 1, part("day")];
  return Date.UTC(year, month, date, part("hour"), part("minute"), part("second")) - at;
}

/** The instant at which a clock in the chosen zone, or in another one, shows this date and time: `2027-01-31` or
 * `2027-01-31T08:30`. */
export function instant(clock: string, timeZone = zone()): string {
  const shown = Date.parse(clock.includes("T") ? `${clock}Z` : `${clock}T00:00Z`);
  const near = shown - ahead(shown, timeZone);
  return new Date(shown - ahead(near, timeZone)).toISOString();
}

/** The date that a calendar in the chosen zone, or in another one, shows at an instant, as a date field has it. */
export function date(at: number = Date.now(), timeZone = zone()): string {
  return new Date(at + ahead(Math.floor(at / 1000) * 1000, timeZone)).toISOString().slice(0, 10);
}

/** Whether a text is a date as a date field has it. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00Z`));
}

/** The end of a day in the chosen zone: what was so "on" a day is what was so when it ended. */
export function endOf(on: string): string {
  return instant(`${on}T23:59:59`);
}

/** The instant at which a day is over in the chosen zone. */
export function startOfNext(on: string): string {
  return instant(new Date(Date.parse(`${on}T00:00Z`) + DAY_MS).toISOString().slice(0, 10));
}
