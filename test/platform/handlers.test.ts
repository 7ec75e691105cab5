import { describe, expect, test, vi } from "vitest";
import { JobChanged, SealBroken, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import type { Swept } from "../../functions/jobs/domain/measurements.ts";
import { jobInput, jobOutput, sweepHandler, taskHandler } from "../../functions/jobs/workflow/handlers.ts";
import { capturedLines } from "../support/captured-output.ts";
import { JOB_ID } from "../support/job-examples.ts";

const written = capturedLines();
const lines = (message: string) => written.all().filter((line) => line["message"] === message);
const metrics = () => written.all().filter((line) => "_aws" in line);

/** One run of a Task, as the history of the execution shows it. */
async function historyOf(run: () => Promise<unknown>, event: unknown = { jobId: JOB_ID }) {
  const handler = taskHandler("give-up", jobInput, jobOutput, run);
  try {
    return { output: await handler(event) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { error: error.name, cause: `${error.message}\n${error.stack}` };
  }
}

const failing = (error: unknown) => () => Promise.reject(error);

describe("the output of a Task", () => {
  test("is reduced to its schema", async () => {
    const given = { jobId: JOB_ID, password: "hooli2016", steps: [{ result: "hooli2016" }] };
    expect(await historyOf(async () => given)).toEqual({ output: { jobId: JOB_ID } });
    expect(written.text()).not.toContain("hooli2016");
  });

  test("that does not fit its schema fails the Task, without a quotation", async () => {
    const { error, cause } = await historyOf(async () => ({ job: "hooli2016" }));
    expect(error).toBe("TaskFailed");
    expect(cause).not.toContain("hooli2016");
  });
});

describe("a Task that fails", () => {
  test.each([
    new Error("row of hooli2016"),
    Object.assign(new SyntaxError("Unexpected token 'h', \"hooli2016\" is not valid JSON"), { cause: "x" }),
    "hooli2016",
  ])("with an error that the workflow does not know shows nothing of it: %o", async (thrown) => {
    expect(await historyOf(failing(thrown))).toEqual({
      error: "TaskFailed",
      cause: "The task failed.\nTaskFailed: The task failed.",
    });
    expect(written.text()).not.toContain("hooli2016");
    expect(lines("task failed")).toMatchObject([{ level: "error", jobId: JOB_ID, task: "give-up" }]);
    expect(metrics()).toEqual([]);
  });

  test.each([new UpstreamUnavailable(), new JobChanged()])(
    "with an expected error keeps its name without its stack, and is counted: %o",
    async (error) => {
      const { name, message } = error;
      expect(error.stack).toContain("handlers.test.ts");
      expect(await historyOf(failing(error))).toEqual({
        error: name,
        cause: `${message}\n${name}: ${message}`,
      });
      expect(lines("task failed")).toMatchObject([{ level: "warn", errorName: name }]);
      expect(metrics()).toMatchObject([{ ExpectedTaskErrors: 1, jobId: JOB_ID, task: "give-up" }]);
    },
  );

  test("with a broken seal keeps its name, and is no expected error", async () => {
    expect(await historyOf(failing(new SealBroken()))).toMatchObject({ error: "SealBroken" });
    expect(lines("task failed")).toMatchObject([{ level: "error", errorName: "SealBroken" }]);
    expect(metrics()).toEqual([]);
  });

  test("for a malformed input does not quote it", async () => {
    const { error, cause } = await historyOf(async () => undefined, { jobId: "hooli2016" });
    expect(error).toBe("TaskFailed");
    expect(cause + written.text()).not.toContain("hooli2016");
  });

  test("is counted at the time of its invocation, as Lambda counts it", async () => {
    const invokedAt = new Date("2026-01-05T09:00:00.000Z");
    vi.useFakeTimers({ now: invokedAt, toFake: ["Date"] });
    try {
      await historyOf(async () => {
        vi.setSystemTime("2026-01-05T09:01:30.000Z");
        throw new UpstreamUnavailable();
      });
    } finally {
      vi.useRealTimers();
    }
    expect(metrics()).toMatchObject([{ _aws: { Timestamp: invokedAt.getTime() } }]);
  });
});

describe("a sweep", () => {
  const SWEPT: Swept = { mended: { restarted: 1 }, failed: 1, queued: { size: 2 }, running: { size: 3 } };

  test("that ends is measured, and logged with its duration", async () => {
    await sweepHandler(async () => SWEPT)();
    expect(metrics()).toMatchObject([{ JobsMended: 1, JobsNotSwept: 1, JobsQueued: 2, JobsRunning: 3 }]);
    expect(lines("sweep")).toMatchObject([{ level: "info", durationMs: expect.any(Number) }]);
  });

  test("logs each job that was repaired or could not be checked, with the name of the error only", async () => {
    const trouble = Object.assign(new Error("bank said hooli2016"), { name: "ThrottlingException" });
    await sweepHandler(async (watch) => {
      await watch(JOB_ID, async () => "restarted");
      await watch(JOB_ID, async () => "nothing");
      await expect(watch(JOB_ID, failing(trouble))).rejects.toBe(trouble);
      return SWEPT;
    })();
    expect(lines("job mended")).toMatchObject([{ level: "warn", jobId: JOB_ID, reason: "restarted" }]);
    expect(lines("job not swept")).toMatchObject([
      { level: "error", jobId: JOB_ID, errorName: "ThrottlingException" },
    ]);
    expect(written.text()).not.toContain("hooli2016");
  });

  test("that fails throws a constant error, without the message or stack of its cause", async () => {
    const sweeping = sweepHandler(failing(new Error("bank said hooli2016")))();
    const failure: unknown = await sweeping.catch((error: unknown) => error);
    const message = "The sweep failed.";
    expect(failure).toMatchObject({ name: "Error", message, stack: `Error: ${message}` });
    expect(lines("sweep failed")).toMatchObject([{ level: "error", errorName: "Error" }]);
    expect(written.all()).toHaveLength(1);
    expect(written.text()).not.toContain("hooli2016");
  });
});
