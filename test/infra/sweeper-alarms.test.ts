import { describe, expect, test } from "vitest";
import { alarmsOf } from "./alarms-of.ts";
import { type Resources, referredTo } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const MINUTE_MS = 60_000;
const MINUTE_S = 60;

const standard = synthesizedResources();

function alarm(name: string, resources: Resources = standard) {
  const found = alarmsOf(resources).get(name);
  if (found === undefined) throw new Error(`There is no alarm ${name}.`);
  const [stat, ...more] = found.Metrics.flatMap(({ MetricStat }) => MetricStat ?? []);
  if (stat === undefined || more.length > 0) throw new Error(`${name} is not on one metric.`);
  const { Metric, Stat, Period } = stat;
  return { ...found, ...Metric, Stat, Period };
}

test("jobs that the sweeper finished are an alarm when they are more than a crash now and then", () => {
  expect(alarm("SweeperFoundWork")).toMatchObject({
    MetricName: "JobsMended",
    Stat: "Sum",
    Period: 60 * MINUTE_S,
    EvaluationPeriods: 1,
    Threshold: 5,
  });
});

test("a sweeper of which nothing was heard for a quarter of an hour has stopped", () => {
  // Its last line says how many jobs run; whether it was invoked says nothing of how far it came.
  expect(alarm("SweeperStopped")).toMatchObject({
    Namespace: "ConnectionJobs",
    MetricName: "JobsRunning",
    Stat: "SampleCount",
    Period: 15 * MINUTE_S,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "LessThanThreshold",
    TreatMissingData: "breaching",
  });
});

test("sweeps that fail one after the other are an alarm, one alone is not", () => {
  const found = alarm("SweeperFailing");
  expect(found).toMatchObject({ Namespace: "AWS/Lambda", MetricName: "Errors", Stat: "Sum", Threshold: 3 });
  expect(referredTo(found.Dimensions[0]?.Value)).toMatch(/^SweeperSweep/);
});

test("a job that no sweep of ten minutes could look at is an alarm, one that a single sweep could not is none", () => {
  expect(alarm("JobsNotSwept")).toMatchObject({
    MetricName: "JobsNotSwept",
    Stat: "Minimum",
    Period: 5 * MINUTE_S,
    EvaluationPeriods: 2,
    Threshold: 1,
  });
});

test("a message that comes to the sweeper's dead letters is an alarm", () => {
  const found = alarm("SweepsInDeadLetters");
  expect(found).toMatchObject({
    Namespace: "AWS/SQS",
    MetricName: "NumberOfMessagesSent",
    Stat: "Sum",
    Threshold: 1,
  });
  expect(referredTo(found.Dimensions[0]?.Value)).toMatch(/^SweeperDeadLetters/);
});

describe("a job that runs is too old", () => {
  test.each([
    ["15, when nothing else is said,", 15, {}],
    ["1", 1, { followLimitMinutes: 1 }],
    ["1440", 1440, { followLimitMinutes: 1440 }],
  ])("after %s minutes of following and an hour, which users may take", (_, minutes, context) => {
    expect(alarm("JobRunsTooLong", synthesizedResources(context))).toMatchObject({
      MetricName: "OldestRunningJob",
      Stat: "Maximum",
      Threshold: (minutes + 60) * MINUTE_MS,
    });
  });

  test("and one that is queued never is: no alarm looks at it", () => {
    const looked = [...alarmsOf(standard).values()].flatMap(({ Metrics }) => Metrics);
    const names = looked.flatMap(({ MetricStat }) => MetricStat?.Metric.MetricName ?? []);
    expect(names).toContain("OldestRunningJob");
    expect(names.filter((name) => /Queued/.test(name))).toEqual([]);
  });
});
