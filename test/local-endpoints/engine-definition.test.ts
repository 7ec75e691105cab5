import { expect, test } from "vitest";
import { engineDefinitionOf } from "../../infra/local/step-functions/engine-definition.ts";
import { invokeTask } from "./local-workflow.ts";

test.each([
  [{ Type: "Wait", Timestamp: "2030-01-01T00:00:00Z", End: true }, "Timestamp"],
  [{ Type: "Parallel", Branches: [], End: true }, "Type"],
  [invokeTask("a", { HeartbeatSeconds: 5, TimeoutSeconds: 60, End: true }), "HeartbeatSeconds"],
  [{ Type: "Pass", ResultPath: "$['a']", End: true }, "ResultPath"],
  [{ Type: "Pass", Parameters: { "name.$": "$$.State.Name" }, End: true }, "$$.State.Name"],
  [{ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", End: true }, "sqs:sendMessage"],
  [invokeTask("a", { InputPath: "$.a", TimeoutSecondsPath: "$.b", End: true }), "InputPath"],
  [
    invokeTask("a", {
      TimeoutSeconds: 5,
      Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: "A" }],
      End: true,
    }),
    "States.TaskFailed",
  ],
  [{ Type: "Pass", Next: "Nowhere" }, "Nowhere"],
])("does not start with a state that it cannot run: %j", (state, reason) => {
  expect(() => engineDefinitionOf({ StartAt: "A", States: { A: state } }, 1)).toThrow(reason);
});
