import { describe, expect, test } from "vitest";
import * as z from "zod";
import { OUTCOMES } from "../../functions/jobs/domain/failures.ts";
import { METRICS, type MetricKind, UPSTREAM_CALLS } from "../../functions/jobs/domain/metrics.ts";
import { ofType, referredTo, withoutHash } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const dashboards = ofType(resources, "AWS::CloudWatch::Dashboard");

const joined = z.object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) });
const options = z.object({
  stat: z.string().optional(),
  expression: z.string().optional(),
  id: z.string().optional(),
  label: z.string().optional(),
});
const widget = z.object({
  type: z.string(),
  properties: z.object({
    title: z.string(),
    metrics: z.array(z.array(z.unknown())).default([]),
    alarms: z.array(z.string()).default([]),
  }),
});

/** The body as CloudWatch reads it, with the names of resources where the template refers to them. */
function bodyOf(properties: Readonly<Record<string, unknown>>) {
  const [, parts] = joined.parse(properties["DashboardBody"])["Fn::Join"];
  const text = parts.map((part) => (typeof part === "string" ? part : nameOf(part))).join("");
  return z.object({ widgets: z.array(widget) }).parse(JSON.parse(text)).widgets;
}

function nameOf(part: unknown): string {
  const { Ref } = z.object({ Ref: z.string().optional() }).parse(part);
  return Ref?.startsWith("AWS::") ? Ref : withoutHash(referredTo(part));
}

const widgets = bodyOf(dashboards[0]?.[1].Properties ?? {});
const graphs = new Map(widgets.map(({ properties }) => [properties.title, properties.metrics]));
const lines = [...graphs.values()].flat();

/** Namespace, name, dimension and value; nothing for an expression. */
function metricOf(line: readonly unknown[]): string[] {
  return line.filter((part) => typeof part === "string");
}
const optionsOf = (line: readonly unknown[]) => options.parse(line.at(-1));
const shown = (title: string) =>
  (graphs.get(title) ?? []).map((line) => {
    const { stat, expression } = optionsOf(line);
    return [...metricOf(line), expression ?? stat].join(" ");
  });

test("there is one, and CloudFormation names it", () => {
  expect(dashboards).toHaveLength(1);
  expect(dashboards[0]?.[1].Properties).not.toHaveProperty("DashboardName");
});

describe("a line of it", () => {
  test("is a metric of our list by its dimension, one of AWS's, or an expression", () => {
    const ours: { [name: string]: MetricKind } = METRICS;
    for (const line of lines) {
      const [namespace = "", name = "", dimension, , ...more] = metricOf(line);
      if (namespace === "") expect(optionsOf(line).expression).toBeTruthy();
      else if (namespace === "ConnectionJobs") expect([name, dimension]).toEqual([name, ours[name]?.by]);
      else expect(namespace).toMatch(/^AWS\/(Lambda|States|ApiGateway|SQS)$/);
      expect(more).toEqual([]);
      if (namespace === "ConnectionJobs") expect(Object.keys(METRICS)).toContain(name);
    }
    expect(lines.length).toBeGreaterThan(40);
  });

  test("shows every metric of our list somewhere", () => {
    const text = JSON.stringify(lines);
    for (const name of Object.keys(METRICS)) expect(text).toContain(name);
  });
});

describe("it shows", () => {
  test("the alarms", () => {
    const [state] = widgets;
    expect(state).toMatchObject({ type: "alarm", properties: { title: "Alarms" } });
    expect(state?.properties.alarms).toHaveLength(ofType(resources, "AWS::CloudWatch::Alarm").length);
  });

  test("jobs by outcome", () => {
    expect(shown("Jobs by outcome")).toEqual([
      "ConnectionJobs JobsStarted Sum",
      ...OUTCOMES.map((outcome) => `ConnectionJobs JobsFinished Outcome ${outcome} Sum`),
    ]);
  });

  test("how many jobs wait and run, and how old the oldest of them are, as each sweep found it", () => {
    expect(shown("Jobs that wait for their bank or their user, and jobs that run")).toEqual([
      "ConnectionJobs JobsQueued Maximum",
      "ConnectionJobs JobsRunning Maximum",
    ]);
    expect(shown("Oldest open job (ms)")).toEqual([
      "ConnectionJobs OldestQueuedJob Maximum",
      "ConnectionJobs OldestRunningJob Maximum",
    ]);
  });

  test("what the sweeper mended, and what it could not", () => {
    expect(shown("What the sweeper mended, and what it could not")).toEqual([
      "ConnectionJobs JobsMended Sum",
      "ConnectionJobs JobsNotSwept Maximum",
      "AWS/SQS ApproximateNumberOfMessagesVisible QueueName SweeperDeadLetters Maximum",
    ]);
  });

  test("every call of upstream, failed and refused", () => {
    expect(shown("Calls of upstream")).toEqual([
      "ConnectionJobs UpstreamKeyRefusals Sum",
      ...UPSTREAM_CALLS.flatMap((call) => [
        `ConnectionJobs UpstreamFailures Call ${call} Sum`,
        `ConnectionJobs UpstreamRefusals Call ${call} Sum`,
      ]),
    ]);
  });

  test("how long steps take", () => {
    expect(shown("Duration of steps (ms)")).toEqual(
      expect.arrayContaining([
        "ConnectionJobs StepDuration Step verify-credentials p50",
        "ConnectionJobs StepDuration Step verify-credentials p95",
        "ConnectionJobs StepDuration Step other p95",
      ]),
    );
  });

  test("how many challenges are abandoned", () => {
    expect(shown("MFA challenges")).toEqual(
      expect.arrayContaining(["ConnectionJobs ChallengesExpired Sum", "100 * FILL(expired, 0) / opened"]),
    );
    const ids = (graphs.get("MFA challenges") ?? []).map((line) => optionsOf(line).id);
    expect(ids).toEqual(expect.arrayContaining(["expired", "opened"]));
  });

  test("upstream's errors at every institution that had one", () => {
    expect(shown("Upstream errors by institution, and attempts held")).toEqual([
      `SEARCH('{"ConnectionJobs",Institution} MetricName="UpstreamErrors"', 'Sum', 300)`,
      "ConnectionJobs AttemptsHeld Sum",
    ]);
  });

  test("latency and requests of the API", () => {
    expect(shown("API latency (ms)")).toEqual(
      ["p50", "p95", "p99"].map((stat) => `AWS/ApiGateway Latency ApiId ApiHttp ${stat}`),
    );
    expect(shown("API requests")).toEqual(
      ["Count", "4xx", "5xx"].map((name) => expect.stringContaining(`AWS/ApiGateway ${name} ApiId ApiHttp`)),
    );
  });

  test("executions, and the errors of every function", () => {
    expect(shown("Executions").map((line) => line.split(" ")[1])).toEqual([
      "ExecutionsStarted",
      "ExecutionsSucceeded",
      "ExecutionsFailed",
      "ExecutionsTimedOut",
    ]);
    const errors = lines
      .map(metricOf)
      .filter(([namespace, name]) => namespace === "AWS/Lambda" && name === "Errors");
    expect(errors).toHaveLength(ofType(resources, "AWS::Lambda::Function").length);
  });
});
