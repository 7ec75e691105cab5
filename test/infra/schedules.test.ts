import { expect, test } from "vitest";
import * as z from "zod";
import { ofType, type Resources } from "./resources.ts";
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
