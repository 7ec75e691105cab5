import { describe, expect, test } from "vitest";
import { deploy } from "../../infra/local/template/deployed.ts";
import { parseTemplate } from "../../infra/local/template/template.ts";
import { synthesize } from "../../infra/synthesize.ts";

const locally = { apiUrl: "http://127.0.0.1:3000" };
const ENTRY = "functions/jobs/workflow/sweep.lambda.ts";

function withRule(ScheduleExpression: string) {
  const Sweep = { Type: "AWS::Lambda::Function", Metadata: { "connection-jobs:entry": ENTRY } };
  const Targets = [{ Arn: { "Fn::GetAtt": ["Sweep", "Arn"] }, Id: "Target0", RetryPolicy: {} }];
  const Rule = { Type: "AWS::Events::Rule", Properties: { ScheduleExpression, State: "ENABLED", Targets } };
  return deploy(parseTemplate({ Resources: { Sweep, Rule } }), locally);
}

describe("a schedule", () => {
  test.each([
    ["rate(1 minute)", 60],
    ["rate(5 minutes)", 300],
    ["rate(1 hour)", 3_600],
    ["rate(2 days)", 172_800],
  ])("%s is one of %d seconds, of the function that its rule names", (expression, everySeconds) => {
    const { schedules, functions } = withRule(expression);
    expect(schedules).toEqual([{ everySeconds, functionArn: functions[0]?.arn }]);
  });

  test.each(["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 fortnight)", "every minute"])(
    "%s is refused at the start",
    (expression) => {
      expect(() => withRule(expression)).toThrow(`Local mode cannot run ${expression}.`);
    },
  );
});

describe("the template", () => {
  const deployed = deploy(parseTemplate(synthesize()), locally);

  test("has one schedule: the sweeper, every minute", () => {
    const sweeper = deployed.functions.find(({ entry }) => entry === ENTRY);
    expect(deployed.schedules).toEqual([{ everySeconds: 60, functionArn: sweeper?.arn }]);
  });

  test("has indexes that hold what the template says, beside the keys", () => {
    const indexes = deployed.tables.flatMap(({ GlobalSecondaryIndexes = [] }) => GlobalSecondaryIndexes);
    expect(indexes.map(({ IndexName, Projection }) => [IndexName, Projection])).toEqual([
      ["listed-by-age", { ProjectionType: "KEYS_ONLY" }],
      ["swept-by-time", { ProjectionType: "INCLUDE", NonKeyAttributes: ["createdAt", "runsSince"] }],
    ]);
  });
});
