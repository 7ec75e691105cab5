import { describe, expect, test } from "vitest";
import * as z from "zod";
import { OUTCOMES } from "../../../functions/jobs/domain/failures.ts";
import {
  MEASURED_STEPS,
  METRICS,
  type MetricKind,
  UPSTREAM_CALLS,
} from "../../../functions/jobs/domain/metrics.ts";
import { PAGES, textOf } from "../../docs/pages.ts";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "../../infra/resources.ts";
import { ALL_SETTINGS, synthesizedResources } from "../../infra/synthesized.ts";

const resources = synthesizedResources();
const withAllSettings = synthesizedResources(ALL_SETTINGS);
const ours: { readonly [name: string]: MetricKind } = METRICS;
/** Alarms that tell when nothing is reported. */
const HEARTBEATS = ["SweeperStopped"];

const ofMetric = {
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })).default([]),
};
const query = z.object({
  Id: z.string(),
  Expression: z.string().optional(),
  MetricStat: z.object({ Stat: z.string(), Metric: z.object(ofMetric) }).optional(),
});
/** An alarm on one metric has no list of queries. */
const single = z.object({ ...ofMetric, Statistic: z.string() }).transform(({ Statistic, ...Metric }) => ({
  Metrics: [{ Id: "single", Expression: undefined, MetricStat: { Stat: Statistic, Metric } }],
}));
const queries = z.union([z.object({ Metrics: z.array(query) }), single]);
const alarm = z.object({
  AlarmDescription: z.string(),
  Threshold: z.number(),
  ComparisonOperator: z.string(),
  TreatMissingData: z.string(),
  AlarmActions: z.array(z.unknown()),
  OKActions: z.array(z.unknown()),
  InsufficientDataActions: z.array(z.unknown()).default([]),
  EvaluationPeriods: z.number(),
});

/** The alarms by their names. A metric is in one line, such as `AWS/Lambda Errors TasksFollowJob`. */
function alarmsOf(all: Resources) {
  return ofType(all, "AWS::CloudWatch::Alarm").map(([logicalId, { Properties }]) => {
    const { Metrics } = queries.parse(Properties);
    const metrics = Metrics.flatMap(({ Id, MetricStat }) => {
      if (MetricStat === undefined) return [];
      const { Namespace, MetricName, Dimensions } = MetricStat.Metric;
      const values = Dimensions.map(({ Value }) =>
        typeof Value === "string" ? Value : withoutHash(referredTo(Value)),
      );
      return [{ Id, Stat: MetricStat.Stat, MetricName, line: [Namespace, MetricName, ...values].join(" ") }];
    });
    const sums = Metrics.flatMap(({ Expression }) => Expression ?? []);
    const id = withoutHash(logicalId).replace(/^Alarms/, "");
    return { id, properties: alarm.parse(Properties), metrics, sums };
  });
}

const isOurs = (line: string) => {
  const [namespace, name = ""] = line.split(" ");
  return namespace === "ConnectionJobs" && Object.keys(METRICS).includes(name);
};

const alarms = alarmsOf(resources);
const watched = new Set(alarms.flatMap(({ metrics }) => metrics.map(({ line }) => line)));
const [[topicId = ""] = []] = ofType(resources, "AWS::SNS::Topic");

describe("the alarm", () => {
  const each = alarms.map((found) => [found.id, found] as const);

  test.each(each)(
    "%s tells the topic of its begin and its end, and its reader what to check first",
    (_, { properties }) => {
      expect(properties.AlarmActions.map(referredTo)).toEqual([topicId]);
      expect(properties.OKActions.map(referredTo)).toEqual([topicId]);
      expect(properties.AlarmDescription).toMatch(/^[A-Z].{40,}\. Check first .+\.$/);
      // The limit of CloudWatch.
      expect(properties.AlarmDescription.length).toBeLessThanOrEqual(1024);
    },
  );

  test.each(each)("%s tells that data is missing only if it is a heartbeat", (id, { properties }) => {
    // Without data from the beginning, as after a first deployment, an alarm has no change to tell.
    const [comparison, missing, told] = HEARTBEATS.includes(id)
      ? ["LessThanThreshold", "missing", [topicId]]
      : ["GreaterThanOrEqualToThreshold", "notBreaching", []];
    expect([properties.ComparisonOperator, properties.TreatMissingData]).toEqual([comparison, missing]);
    expect(properties.InsufficientDataActions.map(referredTo)).toEqual(told);
  });

  test.each(each)(
    "%s adds up counts, of which a missing one is 0, and never a state",
    (_, { metrics, sums }) => {
      const [sum] = sums;
      const terms = sum === undefined ? [] : sum.split(/ [+-] /);
      expect(terms.toSorted()).toEqual(
        sum === undefined ? [] : metrics.map(({ Id }) => `FILL(${Id}, 0)`).toSorted(),
      );
      expect([sums.length, metrics.length]).toEqual(sum === undefined ? [0, 1] : [1, terms.length]);
      for (const { MetricName, Stat } of metrics) {
        if (sum !== undefined) expect(Stat).toBe("Sum");
        if (ours[MetricName]?.isState) expect([MetricName, Stat]).not.toContain("Sum");
      }
    },
  );

  test.each(each)("%s reads at most 10 metrics, which exist", (_, { metrics }) => {
    // The limit of CloudWatch.
    expect(metrics.length).toBeLessThanOrEqual(10);
    const unknown = metrics.filter(({ line }) => !/^AWS\//.test(line) && !isOurs(line));
    expect(unknown).toEqual([]);
  });
});

describe("the alarms", () => {
  test.each([
    ["AWS::Lambda::Function", ["AWS/Lambda Errors", "AWS/Lambda Throttles"]],
    ["AWS::StepFunctions::StateMachine", ["AWS/States ExecutionsFailed", "AWS/States ExecutionsTimedOut"]],
    ["AWS::ApiGatewayV2::Api", ["AWS/ApiGateway 5xx"]],
    ["AWS::SQS::Queue", ["AWS/SQS NumberOfMessagesSent"]],
  ])("watch each failure of every %s", (type, metrics) => {
    const ids = ofType(resources, type).map(([logicalId]) => withoutHash(logicalId));
    expect(ids).not.toEqual([]);
    const expected = ids.flatMap((id) => metrics.map((metric) => `${metric} ${id}`));
    expect(expected.filter((metric) => !watched.has(metric))).toEqual([]);
  });

  test("do not count the errors of Tasks that the workflow expects", () => {
    const [found] = alarms.filter(({ id }) => id === "TaskFunctionErrors");
    const expected = found?.metrics.find(({ MetricName }) => MetricName === "ExpectedTaskErrors");
    expect(found?.sums[0]).toContain(` - FILL(${expected?.Id}, 0)`);
    expect(found?.sums[0]?.match(/-/g)).toHaveLength(1);
    // The expected errors may be counted a period after Lambda's own count.
    expect(found?.properties.EvaluationPeriods).toBe(2);
  });

  test("watch each call of the aggregator for failures, and those that it may not refuse for refusals", () => {
    const lines = (metric: string) =>
      [...watched].filter((line) => line.startsWith(`ConnectionJobs ${metric} `));
    expect(lines("UpstreamFailures")).toHaveLength(UPSTREAM_CALLS.length);
    const refused = lines("UpstreamRefusals").map((line) => line.split(" ")[2]);
    expect(UPSTREAM_CALLS.filter((call) => !refused.includes(call))).toEqual([
      "refresh",
      "look",
      "pass",
      "event",
    ]);
    expect(watched).toContain("ConnectionJobs UpstreamKeyRefusals");
  });

  test("watch what each sweep reports, but not the queue, in which a job may wait for days", () => {
    const reported = Object.keys(METRICS).filter((name) => ours[name]?.isState || name === "JobsMended");
    const unwatched = reported.filter((name) => !watched.has(`ConnectionJobs ${name}`));
    expect(unwatched).toEqual(["JobsQueued", "OldestQueuedJob"]);
  });

  test("find a running job too old an hour after the limit of polling", () => {
    const found = alarmsOf(withAllSettings).find(({ id }) => id === "JobRunsTooLong");
    expect(found?.metrics).toMatchObject([{ MetricName: "OldestRunningJob", Stat: "Maximum" }]);
    expect(found?.properties.Threshold).toBe((1440 + 60) * 60_000);
  });
});

describe("with basic monitoring", () => {
  const basic = synthesizedResources({ monitoring: "basic" });
  const left = alarmsOf(basic);

  test("only the three alarms that mean a lost job are left, and they are as they were", () => {
    expect(left.map(({ id }) => id).toSorted()).toEqual(["JobRunsTooLong", "JobsNotSwept", "SweeperStopped"]);
    for (const one of left) expect(alarms).toContainEqual(one);
    expect(ofType(basic, "AWS::CloudWatch::Dashboard")).toEqual([]);
  });

  test("functions write the metrics that these alarms read, and no others", () => {
    const names = Object.keys(METRICS).filter((name) => ours[name]?.isBasic);
    expect(names.toSorted()).toEqual(
      left.flatMap(({ metrics }) => metrics.map((one) => one.MetricName)).toSorted(),
    );
    const variables = z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) });
    const measuring = [...functionsByEntry(basic).values()]
      .map(({ Properties }) => variables.parse(Properties).Environment.Variables)
      .filter((given) => "METRICS_NAMESPACE" in given);
    expect(measuring.length).toBeGreaterThan(10);
    expect(measuring.filter((given) => given["MONITORING"] !== "basic")).toEqual([]);
  });
});

describe("the topic", () => {
  test("takes only what CloudWatch publishes for this account, over TLS", () => {
    const ofTheAccount = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };
    const tls = { Bool: { "aws:SecureTransport": "false" } };
    const CloudWatch = { Service: "cloudwatch.amazonaws.com" };
    const [[, policy] = []] = ofType(resources, "AWS::SNS::TopicPolicy");
    expect(policy?.Properties).toMatchObject({
      Topics: [{ Ref: topicId }],
      PolicyDocument: {
        Statement: [
          { Effect: "Deny", Principal: "*", Condition: tls },
          { Effect: "Allow", Action: "sns:Publish", Principal: CloudWatch, Condition: ofTheAccount },
        ],
      },
    });
  });

  test("has no subscriber but the address of the settings", () => {
    expect(ofType(resources, "AWS::SNS::Subscription")).toEqual([]);
    const properties = { Protocol: "email", Endpoint: ALL_SETTINGS.alarmEmail };
    expect(ofType(withAllSettings, "AWS::SNS::Subscription")).toMatchObject([
      [expect.any(String), { Properties: properties }],
    ]);
  });
});

describe("the dashboard", () => {
  const options = z.object({ stat: z.string(), expression: z.string(), id: z.string() }).partial();
  const graph = z.object({
    metrics: z.array(z.array(z.unknown())).default([]),
    alarms: z.array(z.string()).default([]),
  });
  const body = z.object({ widgets: z.array(z.object({ properties: graph })) });
  const joined = z.object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) });

  const [[, { Properties = {} } = {}] = [], ...others] = ofType(resources, "AWS::CloudWatch::Dashboard");
  const [, parts] = joined.parse(Properties["DashboardBody"])["Fn::Join"];
  const text = parts.map((part) => (typeof part === "string" ? part : "reference")).join("");
  const graphs = body.parse(JSON.parse(text)).widgets.map(({ properties }) => properties);
  const lines = graphs.flatMap(({ metrics }) =>
    metrics.map((line) => ({
      names: line.filter((part) => typeof part === "string"),
      ...options.parse(line.at(-1)),
    })),
  );

  test("has no fixed name, which would be one for all regions of an account", () => {
    expect(others).toEqual([]);
    expect(Properties).not.toHaveProperty("DashboardName");
  });

  test("shows every alarm, every metric of ours, and the errors of every function", () => {
    expect(graphs[0]?.alarms).toHaveLength(alarms.length);
    const missing = Object.keys(METRICS).filter((name) => !JSON.stringify(lines).includes(name));
    expect(missing).toEqual([]);
    const errors = lines.filter(({ names }) => names[0] === "AWS/Lambda" && names[1] === "Errors");
    expect(errors).toHaveLength(ofType(resources, "AWS::Lambda::Function").length);
  });

  test("reads our metrics by their dimensions, and never adds up a state", () => {
    const read = lines.filter(({ names: [namespace = "AWS/"] }) => !namespace.startsWith("AWS/"));
    expect(read.length).toBeGreaterThan(30);
    expect(read.filter(({ names }) => !isOurs(names.join(" ")))).toEqual([]);
    for (const { names, stat } of read) {
      const [, name = "", dimension] = names;
      expect([name, dimension]).toEqual([name, ours[name]?.by]);
      if (ours[name]?.isState) expect([name, stat]).toEqual([name, "Maximum"]);
    }
  });

  test("reads the attempts by bank from the log of the function that counts them, in one query", () => {
    const widgets = z.object({ widgets: z.array(z.object({ type: z.string(), properties: z.unknown() })) });
    const logs = widgets.parse(JSON.parse(text)).widgets.filter(({ type }) => type === "log");
    expect(logs).toMatchObject([
      {
        properties: {
          query: expect.stringMatching(
            /^SOURCE 'reference' \| filter message = 'attempts counted'\n\| stats sum\(succeeded\).* by institution\n/,
          ),
        },
      },
    ]);
  });

  test("has every metric that an expression names in the same graph", () => {
    for (const { metrics } of graphs) {
      const found = metrics.map((line) => options.parse(line.at(-1)));
      const named = found.flatMap(({ expression = "" }) =>
        expression.startsWith("SEARCH") ? [] : (expression.match(/\b[a-z]\w*/g) ?? []),
      );
      expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(named));
    }
    const searches = lines.filter(({ expression }) => expression?.startsWith("SEARCH"));
    expect(searches).toMatchObject([
      { expression: `SEARCH('{"ConnectionJobs",Institution} MetricName="UpstreamErrors"', 'Sum', 300)` },
    ]);
  });
});

describe("the pages", () => {
  /** The cells of the rows that begin with a name in code. */
  const rows = [...textOf("docs/reference/metrics.md").matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)].map(
    ([, name = "", rest = ""]) => [name, ...rest.split("|").map((cell) => cell.trim())],
  );
  const namesIn = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

  test("list the metrics with their units and dimensions, and no others", () => {
    const listed = rows.filter(([, unit]) => unit === "Count" || unit === "Milliseconds");
    expect(listed.map(([name, unit, by]) => [name, unit, ...namesIn(by)])).toEqual(
      Object.entries(ours).map(([name, { unit, by }]) => [name, unit, ...(by === undefined ? [] : [by])]),
    );
  });

  /** Metrics of banks come with their troubles. */
  const values = { Outcome: OUTCOMES, Step: MEASURED_STEPS, Call: UPSTREAM_CALLS, Institution: [] };
  const most = Object.values(ours).flatMap(({ by }) => (by === undefined ? [""] : [...values[by]])).length;

  test.each(Object.entries(values).filter(([name]) => name !== "Institution"))(
    "list the values of the dimension %s",
    (dimension, expected) => {
      const row = rows.find(([name, cell]) => name === dimension && namesIn(cell).length > 1);
      expect(namesIn(row?.[1])).toEqual(expected);
    },
  );

  test.each([
    ["functions", functionsByEntry(resources).size],
    ["alarms", alarms.length],
    // An alarm is paid by the metrics that it reads, even if another one reads them too.
    [`metrics that ${alarms.length} alarms`, alarms.flatMap(({ metrics }) => metrics).length],
    ["custom metrics", most],
  ])("have the number of %s: %i", (words, expected) => {
    const phrase = new RegExp(`\\b(\\d+)\\s+${words.replaceAll(" ", "\\s+")}\\b`, "g");
    const numbers = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(phrase)].map(([, digits]) => Number(digits)),
    );
    expect(new Set(numbers)).toEqual(new Set([expected]));
  });
});
