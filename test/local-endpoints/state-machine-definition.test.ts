import { expect, test } from "vitest";
import { parseDefinition } from "../../infra/local/step-functions/definition.ts";
import { functionArn, invokeTask } from "./local-workflow.ts";

const refusalOf = (source: unknown): string => {
  try {
    parseDefinition(source);
    return "none";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
};

const task = (fields: object) => ({ Type: "Task", Resource: functionArn("a"), End: true, ...fields });
const choice = (rule: object) => ({ Type: "Choice", Choices: [{ ...rule, Next: "A" }], Default: "A" });
const caught = (rule: object) => task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "A", ...rule }] });
const retried = (rule: object) => task({ Retry: [{ ErrorEquals: ["States.ALL"], ...rule }] });

test.each([
  [{ Type: "Parallel", Branches: [], End: true }, "Type: must be Task, Wait, Pass, Choice, Succeed or Fail"],
  [{ Type: "Wait", Timestamp: "2030-01-01T00:00:00Z", Seconds: 1, End: true }, "Timestamp"],
  [{ Type: "Wait", End: true }, "either Seconds or SecondsPath"],
  [{ Type: "Wait", Seconds: 1 }, "either Next or End"],
  [{ Type: "Wait", Seconds: 1, Next: "A", End: true }, "either Next or End"],
  [{ Type: "Pass", Next: "Nowhere" }, "there is no state Nowhere"],
  [caught({ Next: "Nowhere" }), "there is no state Nowhere"],
  [invokeTask("a", { HeartbeatSeconds: 5, TimeoutSeconds: 60, End: true }), "HeartbeatSeconds"],
  [task({ InputPath: "$.a" }), "InputPath"],
  [task({ QueryLanguage: "JSONata" }), "QueryLanguage"],
  [task({ Assign: {} }), "Assign"],
  [task({ ResultPath: "$['a']" }), "ResultPath: must be a path such as $.name"],
  [task({ OutputPath: "$..a" }), "OutputPath"],
  [task({ TimeoutSecondsPath: "$.a[0]" }), "TimeoutSecondsPath"],
  [task({ Parameters: { "name.$": "$$.State.Name" } }), "$$.State.Name is not available"],
  [task({ Parameters: { in: [{ "id.$": "States.UUID()" }] } }), "States.UUID() is not available"],
  [task({ Resource: "arn:aws:states:::sqs:sendMessage" }), "sqs:sendMessage is no function"],
  [
    invokeTask("a", { Parameters: { Payload: {} }, End: true }),
    "Parameters: must be FunctionName and Payload",
  ],
  [
    invokeTask("a", { Parameters: { FunctionName: functionArn("a"), Qualifier: "live" }, End: true }),
    "Parameters: must be FunctionName and Payload",
  ],
  [task({ TimeoutSeconds: 1, TimeoutSecondsPath: "$.a" }), "both TimeoutSeconds and TimeoutSecondsPath"],
  [retried({ JitterStrategy: "FULL" }), "JitterStrategy"],
  [choice({ Variable: "$.a", NumericEquals: 1 }), "must be IsPresent"],
  [choice({ Not: { Variable: "$.a[0]", IsNull: true } }), "Variable: must be a path"],
])("does not start with a state that it cannot run, and says so in one line: %j", (state, reason) => {
  const line = refusalOf({ StartAt: "A", States: { A: state } });
  expect(line).toMatch(/^The state machine cannot be run locally: .+$/);
  expect(line).toContain(reason);
});

test("nor with another first state, or another language", () => {
  const States = { A: { Type: "Succeed" } };
  expect(refusalOf({ StartAt: "B", States })).toContain("there is no state B");
  expect(refusalOf({ StartAt: "A", States, QueryLanguage: "JSONata" })).toContain("QueryLanguage");
  expect(refusalOf({ StartAt: "A", States })).toBe("none");
});
