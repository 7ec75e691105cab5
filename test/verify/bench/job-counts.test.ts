import { expect, test } from "vitest";
import { benchPage, countingWithinBudget, OUT_OF_DATE, startPaced } from "./counting.ts";
import { QUICK_KINDS } from "./job-kinds.ts";
import {
  deliverySweepsMonthly,
  looksMonthly,
  PASS_BUDGET,
  passLine,
  passPrice,
  sweeperMonthly,
} from "./page.ts";

const { system, counted } = countingWithinBudget(startPaced, QUICK_KINDS);

test("the sweeper finds nothing of jobs that are over, and the docs say what its minutes cost", () => {
  const queries = system().recorder.calls.filter(({ operation }) => operation === "Query");
  expect(queries.flatMap(({ reply }) => reply?.body["Items"])).toEqual([]);
  // Which running, idle and queued jobs are due, and how many run or are idle: a question for each of four partitions. Two more:
  // which banks are awaited, and which erasures are due. Nothing found is half a unit each.
  expect(counted().sweepUsage).toMatchObject({ calls: 1, awsCalls: 22, readUnits: 11, writeUnits: 0 });
  expect(benchPage, OUT_OF_DATE).toContain(sweeperMonthly(counted()));
});

test("the function that looks at banks makes one query in the run of a minute in which no job waits, and the docs say what that costs", () => {
  expect(counted().lookUsage).toMatchObject({ calls: 1, awsCalls: 1, upstreamCalls: 0, writeUnits: 0 });
  expect(benchPage, OUT_OF_DATE).toContain(looksMonthly(counted()));
});

test("the function that sends webhooks reads one row in the run of a minute without a webhook, and the docs say what that costs", () => {
  expect(counted().deliverySweepUsage).toMatchObject({ calls: 1, awsCalls: 1, writeUnits: 0 });
  expect(benchPage, OUT_OF_DATE).toContain(deliverySweepsMonthly(counted()));
});

test("a reading that passes costs at most what the docs say, and writes nothing", () => {
  expect(counted().passUsage).toMatchObject({ calls: 1, awsCalls: 0, upstreamCalls: 1, writeUnits: 0 });
  expect(passPrice(counted())).toBeLessThanOrEqual(PASS_BUDGET);
  expect(benchPage, OUT_OF_DATE).toContain(passLine(counted()));
});
