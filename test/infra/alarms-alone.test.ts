import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { expect, test } from "vitest";
import { Alarms } from "../../infra/aws/alarms.ts";
import { withoutHash } from "./resources.ts";

test("an address that is given subscribes to the topic", () => {
  const template = Template.fromStack(alone({ functions: 1, email: "operators@example.com" }));
  const subscription = { Protocol: "email", Endpoint: "operators@example.com" };
  template.hasResourceProperties("AWS::SNS::Subscription", subscription);
});

test("more functions than an alarm takes are watched by more alarms", () => {
  const template = Template.fromStack(alone({ functions: 11 }));
  const ids = Object.keys(template.findResources("AWS::CloudWatch::Alarm")).map(withoutHash);
  expect(ids.filter((id) => id.startsWith("AlarmsApiFunctionErrors"))).toHaveLength(2);
  const sums = Object.values(
    template.findResources("AWS::CloudWatch::Alarm", { Properties: { Metrics: Match.anyValue() } }),
  );
  expect(sums.length).toBeGreaterThan(ids.length / 2);
  for (const { Properties } of sums) expect(Properties.Metrics.length).toBeLessThanOrEqual(11);
});

function alone({ functions, email }: { functions: number; email?: string }): Stack {
  const stack = new Stack(new App(), "Alone");
  const arn = (service: string, name: string) => `arn:aws:${service}:eu-west-1:111111111111:${name}`;
  const endpoints = Array.from({ length: functions }, (_, index) =>
    LambdaFunction.fromFunctionArn(stack, `F${index}`, arn("lambda", `function:f${index}`)),
  );
  new Alarms(stack, "Alarms", {
    api: new HttpApi(stack, "Api"),
    stateMachine: StateMachine.fromStateMachineArn(stack, "Machine", arn("states", "stateMachine:m")),
    apiFunctions: endpoints,
    taskFunctions: endpoints.slice(0, 1),
    sweeper: LambdaFunction.fromFunctionArn(stack, "Sweeper", arn("lambda", "function:sweeper")),
    deadLetters: Queue.fromQueueArn(stack, "DeadLetters", arn("sqs", "dead-letters")),
    followLimitMinutes: 15,
    email,
  });
  return stack;
}
