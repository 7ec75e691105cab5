import { describe, expect, test } from "vitest";
import { parseDefinition } from "../../../infra/local/step-functions/definition.ts";
import { functionArn, invokeTask, localWorkflow, stateMachineArn } from "../../support/local-workflow.ts";

describe("Input and output", () => {
  test("go from state to state as JSON would carry them", async () => {
    const workflow = await localWorkflow({
      states: {
        First: { Type: "Task", Resource: functionArn("first"), Next: "Second" },
        Second: invokeTask("second", {
          ResultSelector: { "jobId.$": "$.Payload.jobId" },
          ResultPath: "$.second",
          Next: "Third",
        }),
        Third: invokeTask("third", { OutputPath: "$.Payload", ResultPath: "$", End: true }),
      },
      functions: {
        first: () => ({ at: new Date(0), gone: undefined }),
        second: () => ({ jobId: "j", more: 1 }),
        third: (payload) => payload,
      },
    });
    const output = { at: "1970-01-01T00:00:00.000Z", second: { jobId: "j" } };
    expect(await workflow.run({ jobId: "j" })).toMatchObject({ status: "SUCCEEDED", output });
    expect(workflow.calls).toMatchObject([
      { functionName: "first", payload: { jobId: "j" } },
      { functionName: "second", payload: { at: "1970-01-01T00:00:00.000Z" } },
      { functionName: "third", payload: output },
    ]);
  });

  test("stay as they are when a function changes the object that it was given", async () => {
    const { run } = await localWorkflow({
      states: {
        Change: { Type: "Task", Resource: functionArn("change"), ResultPath: "$.result", End: true },
      },
      functions: { change: (payload) => Object.assign(Object(payload), { jobId: "changed" }) },
    });
    expect((await run({ jobId: "j" })).output).toEqual({ jobId: "j", result: { jobId: "changed" } });
  });

  test("may have the ids of the execution and of its state machine", async () => {
    const Payload = {
      "execution.$": "$$.Execution.Id",
      "name.$": "$$.Execution.Name",
      "machine.$": "$$.StateMachine.Id",
    };
    const Parameters = { FunctionName: functionArn("who"), Payload };
    const workflow = await localWorkflow({
      states: { Who: invokeTask("who", { Parameters, OutputPath: "$.Payload", End: true }) },
      functions: { who: (payload) => payload },
    });
    const arn = await workflow.start({}, "job-1");
    expect((await workflow.end(arn)).output).toEqual({
      execution: arn,
      name: "job-1",
      machine: stateMachineArn,
    });
  });

  test.each([
    [{ a: { c: 2 } }, { output: { a: { b: 1, c: 2 } } }],
    [{}, { output: { a: { b: 1 } } }],
    [{ a: "text" }, { status: "FAILED", error: "States.ResultPathMatchFailure" }],
  ])("merge at a ResultPath of any depth: %j gives %j", async (input, end) => {
    const { run } = await localWorkflow({
      states: { Put: { Type: "Pass", Result: 1, ResultPath: "$.a.b", End: true } },
    });
    expect(await run(input)).toMatchObject(end);
  });

  test.each([
    ["payload", { Parameters: { FunctionName: functionArn("run"), Payload: { "id.$": "$.gone" } } }],
    ["result", { ResultSelector: { "id.$": "$.gone" } }],
    ["output", { OutputPath: "$.gone.id" }],
  ])(
    "fail the execution where a path of the %s leads to nothing, despite Catch and Retry",
    async (_, fields) => {
      const handled = [{ ErrorEquals: ["States.ALL"] }];
      const Run = invokeTask("run", {
        ...fields,
        Retry: handled,
        Catch: handled.map((each) => ({ ...each, Next: "Run" })),
        End: true,
      });
      const { run, calls } = await localWorkflow({ states: { Run } });
      expect(await run()).toMatchObject({ status: "FAILED", error: "States.Runtime" });
      expect(calls.length).toBeLessThanOrEqual(1);
    },
  );
});

describe("A Choice", () => {
  const pass = (Result: string) => ({ Type: "Pass", Result, End: true });

  test.each([
    [{ kind: "over" }, "Over"],
    [{ kind: "wait" }, "Other"],
    [{}, "Missing"],
    [{ kind: null }, "Null"],
    [{ kind: true }, "True"],
    [{ kind: 1 }, "Other"],
  ])("of the input %j goes to %s", async (input, output) => {
    const { run } = await localWorkflow({
      states: {
        "What now?": {
          Type: "Choice",
          Choices: [
            { Variable: "$.kind", IsPresent: false, Next: "Missing" },
            { Or: [{ Variable: "$.kind", IsNull: true }], Next: "Null" },
            { Not: { Variable: "$.kind", IsString: false }, Next: "Is a string" },
            { Variable: "$.kind", BooleanEquals: true, Next: "True" },
          ],
          Default: "Other",
        },
        "Is a string": {
          Type: "Choice",
          Choices: [{ Variable: "$.kind", StringEquals: "over", Next: "Over" }],
          Default: "Other",
        },
        Over: pass("Over"),
        Missing: pass("Missing"),
        Null: pass("Null"),
        True: pass("True"),
        Other: pass("Other"),
      },
    });
    expect((await run(input)).output).toBe(output);
  });

  test("of a missing variable fails the execution", async () => {
    const { run } = await localWorkflow({
      states: {
        "Which?": {
          Type: "Choice",
          Choices: [{ Variable: "$.isOver", BooleanEquals: true, Next: "Over" }],
          Default: "Over",
        },
        Over: { Type: "Succeed" },
      },
    });
    expect(await run({})).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    expect((await run({ isOver: true })).status).toBe("SUCCEEDED");
  });
});

describe("A state machine is refused in one line that names the reason, when it has", () => {
  function refusalOf(definition: unknown): string {
    try {
      parseDefinition(definition);
      return "none";
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
  }
  const task = (fields: object) => ({ Type: "Task", Resource: functionArn("a"), End: true, ...fields });
  const choice = (rule: object) => ({ Type: "Choice", Choices: [{ ...rule, Next: "A" }], Default: "A" });
  const caught = (rule: object) => task({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "A", ...rule }] });
  const retried = (rule: object) => task({ Retry: [{ ErrorEquals: ["States.ALL"], ...rule }] });
  const invoked = (Parameters: object) => invokeTask("a", { Parameters, End: true });

  test.each([
    [
      { Type: "Parallel", Branches: [], End: true },
      "Type: must be Task, Wait, Pass, Choice, Succeed or Fail",
    ],
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
    [invoked({ Payload: {} }), "Parameters: must be FunctionName and Payload"],
    [
      invoked({ FunctionName: functionArn("a"), Qualifier: "live" }),
      "Parameters: must be FunctionName and Payload",
    ],
    [task({ TimeoutSeconds: 1, TimeoutSecondsPath: "$.a" }), "both TimeoutSeconds and TimeoutSecondsPath"],
    [retried({ JitterStrategy: "FULL" }), "JitterStrategy"],
    [choice({ Variable: "$.a", NumericEquals: 1 }), "must be IsPresent"],
    [choice({ Not: { Variable: "$.a[0]", IsNull: true } }), "Variable: must be a path"],
  ])("the state %j", (state, reason) => {
    const line = refusalOf({ StartAt: "A", States: { A: state } });
    expect(line).toMatch(/^The state machine cannot be run locally: .+$/);
    expect(line).toContain(reason);
  });

  test("a missing first state, or another language", () => {
    const States = { A: { Type: "Succeed" } };
    expect(refusalOf({ StartAt: "B", States })).toContain("there is no state B");
    expect(refusalOf({ StartAt: "A", States, QueryLanguage: "JSONata" })).toContain("QueryLanguage");
    expect(refusalOf({ StartAt: "A", States })).toBe("none");
  });
});
