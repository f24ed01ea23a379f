/** Tables as files that a spreadsheet opens. */

/** One field: quoted where RFC 4180 wants it, and never a formula. Spreadsheets stop at a NUL. */
export function field(value: string | number | null | undefined): string {
  const text = String(value ?? "").replaceAll("\0", "");
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Gives the rows to the reader as a file. */
export function download(
  name: string,
  head: string[],
  rows: (string | number | null | undefined)[][],
): void {
  const lines = [head, ...rows].map((row) => row.map(field).join(","));
  const blob = new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
