import { describe, expect, test } from "vitest";
import { METRICS, type MetricKind, UPSTREAM_CALLS } from "../../functions/jobs/domain/metrics.ts";
import { alarmsOf } from "./alarms-of.ts";
import { ofType, referredTo, withoutHash } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const alarms = alarmsOf(resources);
const each = [...alarms];
/** What silence means: that nothing happened, or that whoever speaks every minute has stopped. */
const HEARTBEATS = ["SweeperStopped"];
const [[topicId = ""] = []] = ofType(resources, "AWS::SNS::Topic");

/** Such as `AWS/Lambda Errors TasksFollowJob`, for the metrics of an alarm. */
function metricsOf(id: string): string[] {
  return (alarms.get(id)?.Metrics ?? []).flatMap(({ MetricStat }) => {
    if (MetricStat === undefined) return [];
    const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
    const values = Dimensions.map(({ Value }) =>
      typeof Value === "string" ? Value : withoutHash(referredTo(Value)),
    );
    return [[Namespace, MetricName, ...values].join(" ")];
  });
}

test("there is an alarm for each way in which the whole may fail", () => {
  expect([...alarms.keys()].toSorted()).toEqual([
    "ApiFunctionErrors",
    "ApiFunctionErrors1",
    "ApiFunctionThrottles",
    "ApiFunctionThrottles1",
    "ApiServerErrors",
    "ExecutionsFailed",
    "ExecutionsTimedOut",
    "JobRunsTooLong",
    "JobsNotSwept",
    "SweeperFailing",
    "SweeperFoundWork",
    "SweeperStopped",
    "SweepsInDeadLetters",
    "TaskFunctionErrors",
    "TaskFunctionThrottles",
    "UpstreamFailing",
    "UpstreamKeyRefused",
    "UpstreamRefusing",
  ]);
});

describe("an alarm", () => {
  test.each(each)(
    "%s tells the topic, when it begins and when it is over",
    (_, { AlarmActions, OKActions }) => {
      expect(AlarmActions.map(referredTo)).toEqual([topicId]);
      expect(OKActions.map(referredTo)).toEqual([topicId]);
    },
  );

  test.each(each)("%s says what it means and what to look at first", (_, { AlarmDescription }) => {
    expect(AlarmDescription).toMatch(/^[A-Z].{40,}\. Look first at .+[.?]$/);
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
  });

  test.each(each)("%s takes silence for quiet, unless it is there to notice silence", (id, alarm) => {
    const [comparison, missing] = HEARTBEATS.includes(id)
      ? ["LessThanThreshold", "breaching"]
      : ["GreaterThanOrEqualToThreshold", "notBreaching"];
    expect([alarm.ComparisonOperator, alarm.TreatMissingData]).toEqual([comparison, missing]);
  });

  test.each(each)("%s sums counts up, and counts what it has no data of as zero", (id, { Metrics }) => {
    const [sum, ...more] = Metrics.filter(({ Expression }) => Expression !== undefined);
    expect(more).toEqual([]);
    if (sum === undefined) return expect(Metrics).toHaveLength(1);
    const counts = Metrics.filter(({ MetricStat }) => MetricStat !== undefined);
    const terms = sum.Expression?.split(/ [+-] /) ?? [];
    expect(terms.toSorted(), id).toEqual(counts.map(({ Id }) => `FILL(${Id}, 0)`).toSorted());
    for (const { MetricStat } of counts) expect(MetricStat?.Stat).toBe("Sum");
  });

  test.each(each)("%s never sums up what a sweep finds again and again", (_, { Metrics }) => {
    const ours: { [name: string]: MetricKind } = METRICS;
    const stats = Metrics.flatMap(({ MetricStat }) =>
      MetricStat !== undefined && ours[MetricStat.Metric.MetricName]?.isState ? [MetricStat.Stat] : [],
    );
    expect(stats).not.toContain("Sum");
  });

  test.each(each)("%s looks at no more metrics than CloudWatch takes, at those that there are", (id) => {
    const looked = metricsOf(id);
    expect(looked.length).toBeGreaterThan(0);
    expect(looked.length).toBeLessThanOrEqual(10);
    for (const metric of looked) {
      const [namespace = "", name = ""] = metric.split(" ");
      if (!namespace.startsWith("AWS/"))
        expect([namespace, Object.keys(METRICS)]).toEqual(["ConnectionJobs", expect.arrayContaining([name])]);
    }
  });
});

test("errors of Tasks are those that Lambda counts, less those that the workflow expects", () => {
  expect(metricsOf("TaskFunctionErrors").toSorted()).toEqual([
    "AWS/Lambda Errors TasksAskForAnswer",
    "AWS/Lambda Errors TasksFollowJob",
    "AWS/Lambda Errors TasksGiveUp",
    "AWS/Lambda Errors TasksOpenConnection",
    "AWS/Lambda Errors TasksSendAnswer",
    "ConnectionJobs ExpectedTaskErrors",
  ]);
  const expression = alarms
    .get("TaskFunctionErrors")
    ?.Metrics.find(({ Expression }) => Expression)?.Expression;
  expect(expression).toBe(
    "FILL(m0, 0) + FILL(m1, 0) + FILL(m2, 0) + FILL(m3, 0) + FILL(m4, 0) - FILL(less0, 0)",
  );
});

test("every function is watched for errors and for throttles", () => {
  const functions = ofType(resources, "AWS::Lambda::Function").map(([logicalId]) => withoutHash(logicalId));
  const watched = (metric: string) =>
    [...alarms.keys()]
      .flatMap(metricsOf)
      .filter((name) => name.startsWith(`AWS/Lambda ${metric} `))
      .map((name) => name.split(" ")[2]);
  expect(watched("Errors").toSorted()).toEqual(functions.toSorted());
  expect(watched("Throttles").toSorted()).toEqual(functions.toSorted());
});

test("a refused key of ours is told at once, failures of upstream when they last", () => {
  expect(metricsOf("UpstreamKeyRefused")).toEqual(["ConnectionJobs UpstreamKeyRefusals"]);
  expect(alarms.get("UpstreamKeyRefused")).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
  expect(metricsOf("UpstreamFailing")).toContain("ConnectionJobs UpstreamFailures look");
  expect(alarms.get("UpstreamFailing")).toMatchObject({ EvaluationPeriods: 2 });
});

test("a refused call of upstream counts, but not where upstream may refuse in good order", () => {
  const refusable = UPSTREAM_CALLS.filter((call) => call !== "look" && call !== "refresh");
  expect(metricsOf("UpstreamRefusing")).toEqual(
    refusable.map((call) => `ConnectionJobs UpstreamRefusals ${call}`),
  );
  expect(metricsOf("UpstreamFailing")).toHaveLength(UPSTREAM_CALLS.length);
});

describe("the topic", () => {
  const [[, policy] = []] = ofType(resources, "AWS::SNS::TopicPolicy");

  test("takes what CloudWatch publishes for this account, and nothing in the clear", () => {
    expect(policy?.Properties).toMatchObject({
      Topics: [{ Ref: topicId }],
      PolicyDocument: {
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: "Allow",
            Action: "sns:Publish",
            Principal: { Service: "cloudwatch.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } },
          }),
          expect.objectContaining({
            Effect: "Deny",
            Principal: "*",
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          }),
        ]),
      },
    });
  });

  test("has no subscriber unless one is given", () => {
    expect(ofType(resources, "AWS::SNS::Subscription")).toEqual([]);
  });
});
