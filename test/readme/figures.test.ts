import { expect, test } from "vitest";
import { OUTCOMES } from "../../functions/jobs/domain/failures.ts";
import {
  MEASURED_STEPS,
  METRICS,
  type MetricKind,
  UPSTREAM_CALLS,
} from "../../functions/jobs/domain/metrics.ts";
import { alarmsOf } from "../infra/alarms-of.ts";
import { functionsByEntry } from "../infra/resources.ts";
import { synthesizedResources } from "../infra/synthesized.ts";
import { numbersBefore } from "./readme.ts";

const resources = synthesizedResources();
const alarms = [...alarmsOf(resources).values()];

/** Each alarm is paid by the metrics that it looks at, also where another one looks at the same. */
const looked = alarms.flatMap(({ Metrics }) => Metrics.filter(({ MetricStat }) => MetricStat !== undefined));

/** How many metrics a kind makes. Those of banks come with their troubles. */
const KINDS_BY = {
  Outcome: OUTCOMES.length,
  Step: MEASURED_STEPS.length,
  Call: UPSTREAM_CALLS.length,
  Institution: 0,
};
const own = Object.values<MetricKind>(METRICS).map(({ by }) => (by === undefined ? 1 : KINDS_BY[by]));
const ownAtMost = own.reduce((sum, some) => sum + some, 0);

test.each([
  ["functions", functionsByEntry(resources).size],
  ["alarms", alarms.length],
  [`metrics that ${alarms.length} alarms`, looked.length],
  ["custom metrics", ownAtMost],
])("the pages have the number of %s: %i", (words, expected) => {
  const numbers = numbersBefore(words);
  expect(numbers).not.toEqual([]);
  expect(new Set(numbers)).toEqual(new Set([expected]));
});
