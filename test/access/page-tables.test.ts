import { expect, test } from "vitest";
import { byName, sectionsOf, tableIn } from "./page-tables.ts";

const TABLE = ["| A | B |", "| - | --- |", "| 1 | 2 |", "| 3 | |"];
const page = (...lines: string[]) => ["# Page", "", "Words.", "", ...lines, "", "## End", ""].join("\n");

test("a table is read whole, with its empty cells", () => {
  const table = tableIn(sectionsOf(page(...TABLE)).get("Page") ?? "", "A");
  expect(table).toMatchObject({
    columns: ["B"],
    rows: [
      ["1", "2"],
      ["3", ""],
    ],
  });
});

test.each([
  ["a blank line between rows", [...TABLE.slice(0, 3), "", "| 3 | 4 |", "| 5 | 6 |"], /Rows of no table: 3/],
  ["words between rows", [...TABLE, "Words.", "| 5 | 6 |"], /Rows of no table: 5/],
  ["a cell too many", [...TABLE, "| 5 | 6 | 7 |"], /Not as wide as its table: 5/],
  ["a cell too few", [...TABLE, "| 5 |"], /Not as wide as its table: 5/],
  ["a rule that is narrower", ["| A | B |", "| - |"], /Not as wide as its table: -/],
  ["no rule", ["| A | B |", "| 1 | 2 |"], /Rows of no table: A/],
  ["a row without its end", [...TABLE, "| 5 | 6"], /Half a row: \| 5/],
  ["a row without its beginning", [...TABLE, "5 | 6 |"], /Half a row: 5/],
  ["two sections of one name", ["## Two", "", "## Two"], /Named twice/],
])("a page is not read that has %s", (_, lines, error) => {
  expect(() => sectionsOf(page(...lines))).toThrow(error);
});

test("one of two tables of a name is not chosen, and a name is not overwritten", () => {
  expect(() => tableIn(page(...TABLE, "", ...TABLE), "A")).toThrow(/No table of "A", or two/);
  expect(() => tableIn(page(...TABLE), "B")).toThrow(/No table of "B", or two/);
  expect(() =>
    byName([
      ["GET /", 1],
      ["GET /", 2],
    ]),
  ).toThrow(/Named twice/);
});
