import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OUTCOMES } from "../../functions/jobs/domain/failures.ts";
import {
  MEASURED_STEPS,
  METRICS,
  type MetricKind,
  UPSTREAM_CALLS,
} from "../../functions/jobs/domain/metrics.ts";

const page = readFileSync(new URL("../../docs/reference/metrics.md", import.meta.url), "utf8");
/** The cells of the rows that begin with a name in code. */
const rows = [...page.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)].map(([, name = "", rest = ""]) => [
  name,
  ...rest.split("|").map((cell) => cell.trim()),
]);
const namesIn = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

test("the page lists the metrics with their units and dimensions, and no others", () => {
  const listed = rows.filter(([, unit]) => unit === "Count" || unit === "Milliseconds");
  const kinds: [string, MetricKind][] = Object.entries(METRICS);
  expect(listed.map(([name, unit, by]) => [name, unit, ...namesIn(by)])).toEqual(
    kinds.map(([name, { unit, by }]) => [name, unit, ...(by === undefined ? [] : [by])]),
  );
  for (const [name, , , meaning] of listed) expect(meaning, name).toMatch(/\w{3}/);
});

test.each([
  ["Outcome", OUTCOMES],
  ["Step", MEASURED_STEPS],
  ["Call", UPSTREAM_CALLS],
])("the page lists the values of %s", (dimension, values) => {
  const row = rows.find(([name, cell]) => name === dimension && namesIn(cell).length > 1);
  expect(namesIn(row?.[1])).toEqual([...values]);
});
