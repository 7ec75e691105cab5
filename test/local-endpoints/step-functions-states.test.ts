import { expect, test } from "vitest";
import { functionArn, invokeTask, localWorkflow } from "./local-workflow.ts";

test("hands each state's output to the next, as JSON would carry it", async () => {
  const seen: unknown[] = [];
  const workflow = await localWorkflow({
    definition: {
      StartAt: "First",
      States: {
        First: { Type: "Task", Resource: functionArn("first"), Next: "Second" },
        Second: invokeTask("second", {
          ResultSelector: { "jobId.$": "$.Payload.jobId" },
          ResultPath: "$.second",
          Next: "Third",
        }),
        Third: invokeTask("third", { OutputPath: "$.Payload", ResultPath: "$", End: true }),
      },
    },
    functions: {
      first: () => ({ at: new Date(0), gone: undefined }),
      second: () => ({ jobId: "j", more: 1 }),
      third: (payload) => {
        seen.push(payload);
        return payload;
      },
    },
  });
  const end = await workflow.end(await workflow.start({ jobId: "j" }));
  const expected = { at: "1970-01-01T00:00:00.000Z", second: { jobId: "j" } };
  expect(end).toMatchObject({ status: "SUCCEEDED", output: expected });
  expect(seen).toEqual([expected]);
  expect(workflow.calls.map(({ functionName }) => functionName)).toEqual(["first", "second", "third"]);
  expect(workflow.calls[0]?.payload).toEqual({ jobId: "j" });
});

test("gives a function its own copy of the input", async () => {
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Change",
      States: {
        Change: { Type: "Task", Resource: functionArn("change"), ResultPath: "$.result", End: true },
      },
    },
    functions: {
      change: (payload) => {
        if (typeof payload === "object" && payload !== null) Object.assign(payload, { jobId: "changed" });
        return payload;
      },
    },
  });
  const end = await workflow.end(await workflow.start({ jobId: "j" }));
  expect(end.output).toEqual({ jobId: "j", result: { jobId: "changed" } });
});

test("tells a function who runs it", async () => {
  const Parameters = {
    FunctionName: functionArn("who"),
    Payload: {
      "execution.$": "$$.Execution.Id",
      "name.$": "$$.Execution.Name",
      "machine.$": "$$.StateMachine.Id",
    },
  };
  const workflow = await localWorkflow({
    definition: { StartAt: "Who", States: { Who: invokeTask("who", { Parameters, End: true }) } },
    functions: { who: (payload) => payload },
  });
  const arn = await workflow.start({}, "job-1");
  const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:jobs";
  expect((await workflow.end(arn)).output).toMatchObject({
    Payload: { execution: arn, name: "job-1", machine },
  });
});

test("chooses by the input", async () => {
  const pass = (Result: string) => ({ Type: "Pass", Result, End: true });
  const { end, start } = await localWorkflow({
    definition: {
      StartAt: "What now?",
      States: {
        "What now?": {
          Type: "Choice",
          Choices: [
            { Variable: "$.kind", IsPresent: false, Next: "Missing" },
            { Or: [{ Variable: "$.kind", IsNull: true }], Next: "Null" },
            { Not: { Variable: "$.kind", IsString: false }, Next: "Is a string" },
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
        Other: pass("Other"),
      },
    },
  });
  const chosen = async (input: object) => (await end(await start(input))).output;
  expect(await chosen({ kind: "over" })).toBe("Over");
  expect(await chosen({ kind: "wait" })).toBe("Other");
  expect(await chosen({})).toBe("Missing");
  expect(await chosen({ kind: null })).toBe("Null");
});

test.each([
  [
    "a payload",
    invokeTask("run", { Parameters: { FunctionName: functionArn("run"), Payload: { "id.$": "$.gone" } } }),
  ],
  ["a result", invokeTask("run", { ResultSelector: { "id.$": "$.gone" } })],
  ["an output", invokeTask("run", { OutputPath: "$.gone.id" })],
])("fails on a path of %s that leads to nothing, and no Catch or Retry hides it", async (_, state) => {
  const handled = [{ ErrorEquals: ["States.ALL"], Next: "Run" }];
  const workflow = await localWorkflow({
    definition: { StartAt: "Run", States: { Run: { ...state, Catch: handled, End: true } } },
  });
  expect(await workflow.end(await workflow.start())).toMatchObject({
    status: "FAILED",
    error: "States.Runtime",
  });
});

test("fails on a Choice by a variable that is missing", async () => {
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Which?",
      States: {
        "Which?": {
          Type: "Choice",
          Choices: [{ Variable: "$.isOver", BooleanEquals: true, Next: "Over" }],
          Default: "Over",
        },
        Over: { Type: "Succeed" },
      },
    },
  });
  const ended = async (input: object) => (await workflow.end(await workflow.start(input))).status;
  expect(await ended({})).toBe("FAILED");
  expect(await ended({ isOver: true })).toBe("SUCCEEDED");
});

test("puts a result at any depth, and fails where the input has no place for it", async () => {
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Put",
      States: { Put: { Type: "Pass", Result: 1, ResultPath: "$.a.b", End: true } },
    },
  });
  const ended = async (input: object) => workflow.end(await workflow.start(input));
  expect((await ended({ a: { c: 2 } })).output).toEqual({ a: { b: 1, c: 2 } });
  expect((await ended({})).output).toEqual({ a: { b: 1 } });
  expect(await ended({ a: "text" })).toMatchObject({ error: "States.ResultPathMatchFailure" });
});
