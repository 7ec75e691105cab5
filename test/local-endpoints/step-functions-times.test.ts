import { expect, test } from "vitest";
import { invokeTask, localWorkflow, namedError } from "./local-workflow.ts";

const HOUR = 3600;

test("waits, by the scale, and hands on its input", async () => {
  const workflow = await localWorkflow({
    timeScale: HOUR * 1000,
    definition: {
      StartAt: "Wait a while",
      States: {
        "Wait a while": { Type: "Wait", SecondsPath: "$.look.seconds", Next: "Wait on" },
        "Wait on": { Type: "Wait", Seconds: 2 * HOUR, OutputPath: "$.look", Next: "Not at all" },
        "Not at all": { Type: "Wait", Seconds: 0, End: true },
      },
    },
  });
  const arn = await workflow.start({ look: { seconds: HOUR } });
  expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: { seconds: HOUR } });
  const entered = workflow.history(arn).filter((type) => type === "WaitStateEntered");
  expect(entered).toHaveLength(3);
});

test("fails on a wait that is no whole number of seconds", async () => {
  const { end, start } = await localWorkflow({
    definition: { StartAt: "Wait", States: { Wait: { Type: "Wait", SecondsPath: "$.seconds", End: true } } },
  });
  for (const seconds of [1.5, -1, "10", null, undefined]) {
    expect(await end(await start({ seconds }))).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  }
});

test("a wait beyond the longest timer of the machine does not end at once", async () => {
  const workflow = await localWorkflow({
    timeScale: 1,
    definition: {
      StartAt: "Wait",
      TimeoutSeconds: 90_000_000,
      States: { Wait: { Type: "Wait", Seconds: 99_999_999, End: true } },
    },
  });
  const arn = await workflow.start();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await workflow.describe(arn)).status).toBe("RUNNING");
});

test("retries by the name of the error as often as it may, then catches it", async () => {
  const workflow = await localWorkflow({
    timeScale: HOUR * 1000,
    definition: {
      StartAt: "Open",
      States: {
        Open: invokeTask("open", {
          Retry: [
            { ErrorEquals: ["Unlike"], MaxAttempts: 9 },
            {
              ErrorEquals: ["InstitutionUnavailable"],
              IntervalSeconds: 2 * HOUR,
              MaxAttempts: 84,
              BackoffRate: 1,
            },
          ],
          Catch: [
            { ErrorEquals: ["Unlike"], Next: "Wrong" },
            { ErrorEquals: ["InstitutionUnavailable"], ResultPath: "$.failure", Next: "Give up" },
          ],
          End: true,
        }),
        "Give up": invokeTask("giveUp", { OutputPath: "$.Payload", End: true }),
        Wrong: { Type: "Fail" },
      },
    },
    functions: {
      open: () => {
        const steers = { isRetryable: false, isCatchable: false };
        throw Object.assign(namedError("InstitutionUnavailable", "down"), steers);
      },
      giveUp: (payload) => payload,
    },
  });
  const arn = await workflow.start({ jobId: "j" });
  const failure = { Error: "InstitutionUnavailable", Cause: "down" };
  expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: { jobId: "j", failure } });
  expect(workflow.calls.filter(({ functionName }) => functionName === "open")).toHaveLength(85);
  expect(workflow.history(arn).length).toBeLessThan(400);
});

test("grows the pause before each retry by the rate, up to the longest", async () => {
  const retried = (retrier: object) => ({
    timeScale: 100,
    definition: {
      StartAt: "Open",
      States: {
        Open: invokeTask("open", { Retry: [{ ErrorEquals: ["States.ALL"], ...retrier }], End: true }),
      },
    },
    functions: {
      open: () => {
        throw namedError("Down", "down");
      },
    },
  });
  const growing = await localWorkflow(retried({ IntervalSeconds: 1, BackoffRate: 3, MaxAttempts: 3 }));
  const startedAt = Date.now();
  await growing.end(await growing.start());
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(10 + 30 + 90 - 3);
  expect(growing.calls).toHaveLength(4);

  const limited = await localWorkflow(retried({ BackoffRate: 1_000, MaxDelaySeconds: 2, MaxAttempts: 5 }));
  expect(await limited.end(await limited.start())).toMatchObject({ status: "FAILED", error: "Down" });
  expect(limited.calls).toHaveLength(6);
});

test("takes a time-out for no failure of the Task, as AWS does", async () => {
  const Catch = [
    { ErrorEquals: ["States.TaskFailed"], Next: "Failed" },
    { ErrorEquals: ["States.Timeout"], Next: "Late" },
  ];
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Open",
      States: {
        Open: invokeTask("open", { TimeoutSeconds: 30, Catch, End: true }),
        Failed: { Type: "Pass", Result: "failed", End: true },
        Late: { Type: "Pass", Result: "late", End: true },
      },
    },
    functions: {
      open: (payload) => {
        if (JSON.stringify(payload) !== "{}") throw namedError("Down", "down");
        return new Promise(() => undefined);
      },
    },
  });
  expect((await workflow.end(await workflow.start({}))).output).toBe("late");
  expect((await workflow.end(await workflow.start({ jobId: "j" }))).output).toBe("failed");
});

test("fails with the error that nobody catches", async () => {
  const { end, start } = await localWorkflow({
    definition: {
      StartAt: "Open",
      States: {
        Open: invokeTask("open", { Catch: [{ ErrorEquals: ["Other"], Next: "No" }], Next: "No" }),
        No: { Type: "Fail" },
      },
    },
    functions: {
      open: () => {
        throw namedError("InvalidCredentials", "wrong");
      },
    },
  });
  expect(await end(await start())).toMatchObject({
    status: "FAILED",
    error: "InvalidCredentials",
    cause: "wrong",
  });
});

test("times out a Task and a whole execution, by the scale", async () => {
  const never = () => new Promise(() => undefined);
  const States = {
    Look: invokeTask("look", {
      TimeoutSeconds: 30,
      Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Wait" }],
      End: true,
    }),
    Wait: { Type: "Wait", Seconds: 99_999_999, End: true },
  };
  const workflow = await localWorkflow({
    definition: { StartAt: "Look", TimeoutSeconds: 90, States },
    functions: { look: never },
  });
  const arn = await workflow.start();
  expect((await workflow.end(arn)).status).toBe("TIMED_OUT");
  expect(workflow.history(arn)).toEqual([
    "ExecutionStarted",
    "TaskStateEntered",
    "TaskScheduled",
    "TaskStarted",
    "TaskTimedOut",
    "TaskStateExited",
    "WaitStateEntered",
    "ExecutionTimedOut",
  ]);
});
