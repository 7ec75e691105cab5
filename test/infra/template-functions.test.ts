import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { variablesNeededBy } from "./environment-needs.ts";
import { functionsByEntry, ofType, referredTo } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const functions = functionsByEntry(resources);
const entries = [...functions];
const machines = ofType(resources, "AWS::StepFunctions::StateMachine").map(
  ([, { Properties }]) => Properties,
);
const RETENTION_DAYS = 90;

const functionProperties = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }).optional(),
  LoggingConfig: z.object({ LogGroup: z.unknown() }),
});
const machineLogging = z.object({
  LoggingConfiguration: z.object({
    IncludeExecutionData: z.boolean(),
    Destinations: z.array(z.object({ CloudWatchLogsLogGroup: z.object({ LogGroupArn: z.unknown() }) })),
  }),
});

test("every entry is deployed as one function, and there are no others", () => {
  expect(entries.map(([entry]) => entry.replace(/^functions\/|\.lambda\.ts$/g, "")).toSorted()).toEqual([
    "access/issue-token",
    "http/health",
    "http/refuse",
    "jobs/api/answer-mfa",
    "jobs/api/cancel-job",
    "jobs/api/create-connection",
    "jobs/api/get-job",
    "jobs/api/list-jobs",
    "jobs/api/refresh-connection",
    "jobs/api/refresh-connections",
    "jobs/api/resume-job",
    "jobs/api/update-connection",
    "jobs/workflow/ask-for-answer",
    "jobs/workflow/follow-job",
    "jobs/workflow/give-up",
    "jobs/workflow/open-connection",
    "jobs/workflow/send-answer",
    "jobs/workflow/sweep",
  ]);
  expect(ofType(resources, "AWS::Lambda::Function")).toHaveLength(entries.length);
});

test.each(entries)("%s runs on Node.js 24 and ARM", (_, { Properties }) => {
  expect(Properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
});

test("the functions that somebody waits for have most memory, those that sleep between looks have least", () => {
  const bySize = Map.groupBy(entries, ([, { Properties }]) => Number(Properties["MemorySize"]));
  const sizes = Object.fromEntries(
    [...bySize].map(([size, found]) => [
      size,
      found.map(([entry]) => basename(entry, ".lambda.ts")).toSorted(),
    ]),
  );
  expect(sizes).toEqual({
    128: ["health", "refuse"],
    192: ["follow-job", "open-connection", "send-answer"],
    256: ["give-up", "issue-token", "sweep"],
    384: [
      "answer-mfa",
      "ask-for-answer",
      "cancel-job",
      "get-job",
      "list-jobs",
      "refresh-connection",
      "resume-job",
      "update-connection",
    ],
    512: ["create-connection", "refresh-connections"],
  });
});

test("no function keeps some of the account's concurrency for itself: a new account has ten in all", () => {
  for (const [, { Properties }] of entries)
    expect(Properties).not.toHaveProperty("ReservedConcurrentExecutions");
});

test("the functions of the API end before the gateway gives up, a sweep after three minutes at the latest", () => {
  const timeouts = Object.fromEntries(
    entries.map(([entry, { Properties }]) => [entry, Properties["Timeout"]]),
  );
  for (const [entry, seconds] of Object.entries(timeouts)) {
    expect([entry, seconds]).toEqual([entry, entry.startsWith("functions/jobs/workflow/") ? 180 : 29]);
  }
});

describe("the environment of a function", () => {
  test.each(entries)("%s holds just the variables that its code reads", (entry, { Properties }) => {
    const { Environment } = functionProperties.parse(Properties);
    expect(Object.keys(Environment?.Variables ?? {}).toSorted()).toEqual(variablesNeededBy(entry));
  });

  test("is derived from the parts that the entry names and the parts of those", () => {
    expect(variablesNeededBy("functions/http/health.lambda.ts")).toEqual(["LOG_LEVEL"]);
    expect(variablesNeededBy("functions/jobs/workflow/give-up.lambda.ts")).toEqual([
      "JOBS_TABLE",
      "LOG_LEVEL",
      "METRICS_NAMESPACE",
      "RETENTION_DAYS",
      "SEALING_KEY_ID",
      "SECRETS_TABLE",
    ]);
    expect(variablesNeededBy("functions/jobs/workflow/follow-job.lambda.ts")).toEqual([
      "FOLLOW_LIMIT_MINUTES",
      "JOBS_TABLE",
      "LOG_LEVEL",
      "METRICS_NAMESPACE",
      "QUEUE",
      "RETENTION_DAYS",
      "SEALING_KEY_ID",
      "SECRETS_TABLE",
      "UPSTREAM_API_KEY_SECRET",
      "UPSTREAM_URL",
      "UPSTREAM_VERSION",
    ]);
    expect(variablesNeededBy("functions/jobs/api/create-connection.lambda.ts")).toEqual([
      "API_URL",
      "JOBS_TABLE",
      "LOG_LEVEL",
      "METRICS_NAMESPACE",
      "RETENTION_DAYS",
      "SEALING_KEY_ID",
      "SECRETS_TABLE",
      "SIGNING_KEY_ID",
      "STATE_MACHINE_ARN",
      "STEP_RESULTS",
      "UPSTREAM_API_KEY_SECRET",
      "UPSTREAM_URL",
      "UPSTREAM_VERSION",
    ]);
  });
});

test.each([
  ["what the settings are when nothing else is said", {}, { QUEUE: "on", FOLLOW_LIMIT_MINUTES: "15" }],
  [
    "what they say",
    { queue: "false", followLimitMinutes: "1440" },
    { QUEUE: "off", FOLLOW_LIMIT_MINUTES: "1440" },
  ],
])("whoever opens or follows a connection is told of the queue and the limit: %s", (_, context, expected) => {
  const told = [...functionsByEntry(synthesizedResources(context))].flatMap(([entry, { Properties }]) => {
    const { QUEUE, FOLLOW_LIMIT_MINUTES } = functionProperties.parse(Properties).Environment?.Variables ?? {};
    return QUEUE === undefined ? [] : [[entry, { QUEUE, FOLLOW_LIMIT_MINUTES }]];
  });
  const followers = ["open-connection", "follow-job", "send-answer"];
  expect(told).toEqual(followers.map((name) => [`functions/jobs/workflow/${name}.lambda.ts`, expected]));
});

describe("logs", () => {
  test.each(entries)("%s writes to a log group of its own that ends", (_, { Properties }) => {
    const { LogGroup } = functionProperties.parse(Properties).LoggingConfig;
    expect(resources[referredTo(LogGroup)]?.Properties["RetentionInDays"]).toBe(RETENTION_DAYS);
  });

  test("every log group has a retention, and there is one for each function, the state machine and the API", () => {
    const groups = ofType(resources, "AWS::Logs::LogGroup").map(([, { Properties }]) => Properties);
    expect(groups.map((group) => group["RetentionInDays"])).toEqual(
      Array(entries.length + machines.length + 1).fill(RETENTION_DAYS),
    );
  });

  test("the state machine logs without payloads, to a log group that ends", () => {
    expect(machines).toHaveLength(1);
    const { LoggingConfiguration } = machineLogging.parse(machines[0]);
    expect(LoggingConfiguration.IncludeExecutionData).toBe(false);
    const groups = LoggingConfiguration.Destinations.map((destination) =>
      referredTo(destination.CloudWatchLogsLogGroup.LogGroupArn),
    );
    expect(groups).toHaveLength(1);
    expect(resources[groups[0] ?? ""]?.Properties["RetentionInDays"]).toBe(RETENTION_DAYS);
  });

  test("nothing traces, since traces keep payloads", () => {
    expect(JSON.stringify(resources)).not.toMatch(/TracingConfig|TracingEnabled|XRay/i);
  });
});

test("the state machine is a standard one", () => {
  expect(machines[0]).toMatchObject({ StateMachineType: "STANDARD" });
});
