/** What a list that is saved looks like to a spreadsheet. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { transformWithOxc } from "vite";

const source = await readFile(new URL("../shared/csv.ts", import.meta.url), "utf8");
const { code } = await transformWithOxc(source, "csv.ts");
const { field } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

test("a cell is text to a spreadsheet whatever somebody typed", () => {
  const cells = [
    [null, ""],
    [12, "12"],
    ["Orbit, Ltd.", '"Orbit, Ltd."'],
    ['an "L"\nof two lines', '"an ""L""\nof two lines"'],
    ["=1+1", "'=1+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\0=1+1", "'=1+1"],
    ["or\0bit", "orbit"],
    ["\t=1", "'\t=1"],
  ];
  for (const [typed, saved] of cells) {
    assert.equal(field(typed), saved, JSON.stringify(typed));
  }
});
