/** Notice periods as lines of text: `FR,90,14`, and `*` for all countries that have no line of their own. */

/** One line. */
export interface Rule {
  country: string | null;
  noticeDays: number;
  cancelDays: number;
}

const HEADER = "country,notice_days,cancel_days";

/** The lines of rules, with a header as in a file. */
export function written(rules: Rule[]): string {
  const lines = rules.map((one) => `${one.country ?? "*"},${one.noticeDays},${one.cancelDays}`);
  return [HEADER, ...(lines.length > 0 ? lines : ["*,30,0"])].join("\n");
}

/** The rules of lines, or why they are none. Empty lines, comments and the header are passed over. */
export function read(text: string): { rules: Rule[]; fault: string | null } {
  const rules: Rule[] = [];
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    const plain = line.replace(/#.*$/, "").trim();
    if (plain === "" || plain.replaceAll(" ", "") === HEADER) continue;
    const [, name, notice, cancel] =
      /^([A-Z]{2}|\*)\s*[,;\t]\s*(\d{1,3})\s*[,;\t]\s*(\d{1,3})$/.exec(plain) ?? [];
    if (name === undefined) {
      return { rules, fault: `Line ${number + 1} is not like FR,90,14: ${plain}` };
    }
    const country = name === "*" ? null : name;
    rules.push({ country, noticeDays: Number(notice), cancelDays: Number(cancel) });
  }
  const others = rules.some(({ country }) => country === null);
  return { rules, fault: others ? null : "A line for all other countries is missing: *,30,0" };
}
