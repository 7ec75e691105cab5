import { describe, expect, test } from "vitest";
import { failing, invokeTask, localWorkflow } from "../../support/local-workflow.ts";

const HOUR = 3600;
const never = () => new Promise(() => undefined);

describe("A Wait", () => {
  test("takes its seconds divided by the scale, and passes its input on", async () => {
    const workflow = await localWorkflow({
      timeScale: HOUR * 1000,
      states: {
        "Wait a while": { Type: "Wait", SecondsPath: "$.look.seconds", Next: "Wait on" },
        "Wait on": { Type: "Wait", Seconds: 2 * HOUR, OutputPath: "$.look", Next: "Not at all" },
        "Not at all": { Type: "Wait", Seconds: 0, End: true },
      },
    });
    const arn = await workflow.start({ look: { seconds: HOUR } });
    expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: { seconds: HOUR } });
    const entered = workflow.history(arn).filter((type) => type === "WaitStateEntered");
    expect(entered).toHaveLength(3);
  });

  test("of no whole number of seconds fails the execution", async () => {
    const { run } = await localWorkflow({
      states: { Wait: { Type: "Wait", SecondsPath: "$.seconds", End: true } },
    });
    for (const seconds of [1.5, -1, "10", null, undefined]) {
      expect(await run({ seconds })).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    }
  });

  test("beyond the longest timer of Node does not end at once", async () => {
    const workflow = await localWorkflow({
      timeScale: 1,
      timeoutSeconds: 90_000_000,
      states: { Wait: { Type: "Wait", Seconds: 99_999_999, End: true } },
    });
    const arn = await workflow.start();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await workflow.describe(arn)).status).toBe("RUNNING");
  });
});

describe("An error of a function", () => {
  test("is retried by its name up to MaxAttempts, and then caught by its name", async () => {
    const Down = { ErrorEquals: ["InstitutionUnavailable"] };
    const Unlike = { ErrorEquals: ["Unlike"] };
    const workflow = await localWorkflow({
      timeScale: HOUR * 1000,
      states: {
        Open: invokeTask("open", {
          Retry: [
            { ...Unlike, MaxAttempts: 9 },
            { ...Down, IntervalSeconds: 2 * HOUR, MaxAttempts: 84, BackoffRate: 1 },
          ],
          Catch: [
            { ...Unlike, Next: "Wrong" },
            { ...Down, ResultPath: "$.failure", Next: "Give up" },
          ],
          End: true,
        }),
        "Give up": { Type: "Pass", End: true },
        Wrong: { Type: "Fail" },
      },
      functions: {
        open: () => {
          // The interpreter looks at nothing but the name.
          const steers = { name: "InstitutionUnavailable", isRetryable: false, isCatchable: false };
          throw Object.assign(new Error("down"), steers);
        },
      },
    });
    const arn = await workflow.start({ jobId: "j" });
    const failure = { Error: "InstitutionUnavailable", Cause: "down" };
    expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: { jobId: "j", failure } });
    expect(workflow.calls).toHaveLength(85);
    expect(workflow.history(arn).length).toBeLessThan(400);
  });

  test("that no Catch names fails the execution", async () => {
    const { run } = await localWorkflow({
      states: {
        Open: invokeTask("open", { Catch: [{ ErrorEquals: ["Other"], Next: "No" }], Next: "No" }),
        No: { Type: "Fail" },
      },
      functions: { open: failing("InvalidCredentials", "wrong") },
    });
    expect(await run()).toMatchObject({ status: "FAILED", error: "InvalidCredentials", cause: "wrong" });
  });

  const retried = (retrier: object) =>
    localWorkflow({
      timeScale: 100,
      states: {
        Open: invokeTask("open", { Retry: [{ ErrorEquals: ["States.ALL"], ...retrier }], End: true }),
      },
      functions: { open: failing("Down", "down") },
    });

  test("is retried after pauses that grow by BackoffRate", async () => {
    const { run, calls } = await retried({ IntervalSeconds: 1, BackoffRate: 3, MaxAttempts: 3 });
    const startedAt = performance.now();
    await run();
    // A timer may end a millisecond early, and never earlier.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(10 + 30 + 90 - 3);
    expect(calls).toHaveLength(4);
  });

  test("is retried after pauses that grow to MaxDelaySeconds at most", async () => {
    const { run, calls } = await retried({ BackoffRate: 1_000, MaxDelaySeconds: 2, MaxAttempts: 5 });
    expect(await run()).toMatchObject({ status: "FAILED", error: "Down" });
    expect(calls).toHaveLength(6);
  });
});

describe("A time-out", () => {
  test("of a Task is caught as States.Timeout, and not as States.TaskFailed", async () => {
    const Catch = [
      { ErrorEquals: ["States.TaskFailed"], Next: "Failed" },
      { ErrorEquals: ["States.Timeout"], Next: "Late" },
    ];
    const { run } = await localWorkflow({
      states: {
        Open: invokeTask("open", { TimeoutSeconds: 30, Catch, End: true }),
        Failed: { Type: "Pass", Result: "failed", End: true },
        Late: { Type: "Pass", Result: "late", End: true },
      },
      functions: {
        open: (payload) => (JSON.stringify(payload) === "{}" ? never() : failing("Down", "down")()),
      },
    });
    expect((await run({})).output).toBe("late");
    expect((await run({ jobId: "j" })).output).toBe("failed");
  });

  test("of the execution ends it after a Task whose time-out was caught", async () => {
    const Catch = [{ ErrorEquals: ["States.Timeout"], Next: "Wait" }];
    const workflow = await localWorkflow({
      timeoutSeconds: 90,
      states: {
        Look: invokeTask("look", { TimeoutSeconds: 30, Catch, End: true }),
        Wait: { Type: "Wait", Seconds: 99_999_999, End: true },
      },
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
});
