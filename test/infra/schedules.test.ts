import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ENTRY_METADATA } from "../../infra/aws/entry-metadata.ts";
import { ofType, type Resources, referredTo } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const target = z.object({ DeadLetterConfig: z.object({ Arn: z.unknown() }).optional() });
const rule = z.object({ ScheduleExpression: z.string().optional(), Targets: z.array(target).default([]) });
const schedule = z.object({ Target: target });

/** What runs on a schedule and loses without a trace what it could not deliver. */
function withoutDeadLetters(resources: Resources): string[] {
  const rules = ofType(resources, "AWS::Events::Rule").flatMap(([id, { Properties }]) =>
    rule.parse(Properties).Targets.map((one) => [id, one] as const),
  );
  const schedules = ofType(resources, "AWS::Scheduler::Schedule").map(
    ([id, { Properties }]) => [id, schedule.parse(Properties).Target] as const,
  );
  return [...rules, ...schedules].filter(([, one]) => one.DeadLetterConfig === undefined).map(([id]) => id);
}

test("whatever runs on a schedule has a dead-letter queue", () => {
  expect(withoutDeadLetters(synthesizedResources())).toEqual([]);
});

test.each([
  ["AWS::Events::Rule", { ScheduleExpression: "rate(1 minute)", Targets: [{ Arn: "a", Id: "a" }] }],
  ["AWS::Scheduler::Schedule", { ScheduleExpression: "rate(1 minute)", Target: { Arn: "a" } }],
])("a %s without one would be found", (Type, Properties) => {
  expect(withoutDeadLetters({ planted: { Type, Properties, Metadata: {} } })).toEqual(["planted"]);
});

describe("the sweeper", () => {
  const resources = synthesizedResources();
  const properties = (type: string) => ofType(resources, type).map(([, { Properties }]) => Properties);
  const [[functionId = ""] = []] = ofType(resources, "AWS::Lambda::Function").filter(
    ([, { Metadata }]) => Metadata[ENTRY_METADATA] === "functions/jobs/workflow/sweep.lambda.ts",
  );
  const [[queueId = ""] = []] = ofType(resources, "AWS::SQS::Queue");
  const arnOf = (id: string) => ({ "Fn::GetAtt": [id, "Arn"] });

  test("runs every minute, and a run that cannot begin is not kept for later than the next", () => {
    expect(properties("AWS::Events::Rule")).toMatchObject([
      {
        ScheduleExpression: "rate(1 minute)",
        State: "ENABLED",
        Targets: [
          {
            Arn: arnOf(functionId),
            DeadLetterConfig: { Arn: arnOf(queueId) },
            RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
          },
        ],
      },
    ]);
  });

  test("is not run again when it failed, since the next run does the same, and leaves what failed in its queue", () => {
    expect(properties("AWS::Lambda::EventInvokeConfig")).toMatchObject([
      {
        FunctionName: { Ref: functionId },
        MaximumEventAgeInSeconds: 60,
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: arnOf(queueId) } },
      },
    ]);
  });

  test("may be invoked by its rule, and by nobody else", () => {
    const [[ruleId = ""] = []] = ofType(resources, "AWS::Events::Rule");
    const invokers = properties("AWS::Lambda::Permission").filter(
      ({ FunctionName }) => referredTo(FunctionName) === functionId,
    );
    expect(invokers).toMatchObject([{ Principal: "events.amazonaws.com", SourceArn: arnOf(ruleId) }]);
  });

  test("has a queue of its own, encrypted, that takes nothing in the clear, keeps it for two weeks and goes with the stack", () => {
    const [[, queue] = []] = ofType(resources, "AWS::SQS::Queue");
    expect(queue).toMatchObject({
      DeletionPolicy: "Delete",
      Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 },
    });
    expect(properties("AWS::SQS::QueuePolicy")).toMatchObject([
      {
        Queues: [{ Ref: queueId }],
        PolicyDocument: {
          Statement: [
            { Effect: "Deny", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
            { Effect: "Allow", Action: "sqs:SendMessage", Principal: { Service: "events.amazonaws.com" } },
          ],
        },
      },
    ]);
  });
});
