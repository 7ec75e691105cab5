import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { jobInput, jobOutput, taskHandler } from "../../functions/jobs/workflow/handlers.ts";
import { capturedLines } from "../support/captured-output.ts";
import { JOB_ID } from "../support/job-examples.ts";

const written = capturedLines();

/** One run of a Task, as the execution's history has it. */
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

describe("what a Task gives", () => {
  test("is cut to what the workflow needs", async () => {
    const given = { jobId: JOB_ID, password: "hooli2016", steps: [{ result: "hooli2016" }] };
    expect(await historyOf(async () => given)).toEqual({ output: { jobId: JOB_ID } });
    expect(written.text()).not.toContain("hooli2016");
  });

  test("is none of it when it lacks that", async () => {
    const { error, cause } = await historyOf(async () => ({ job: "hooli2016" }));
    expect(error).toBe("TaskFailed");
    expect(cause).not.toContain("hooli2016");
  });
});

describe("an error of a Task", () => {
  test.each([
    new Error("row of hooli2016"),
    Object.assign(new SyntaxError("Unexpected token 'h', \"hooli2016\" is not valid JSON"), { cause: "x" }),
    "hooli2016",
  ])("that the workflow does not know leaves no word of itself: %o", async (thrown) => {
    expect(await historyOf(failing(thrown))).toEqual({
      error: "TaskFailed",
      cause: "The task failed.\nTaskFailed: The task failed.",
    });
    expect(written.text()).not.toContain("hooli2016");
  });

  test("that the workflow knows keeps its name, without the way it came", async () => {
    const error = new UpstreamUnavailable();
    expect(error.stack).toContain("task-handler.test.ts");
    const words = "The aggregator gave no usable reply.";
    expect(await historyOf(failing(error))).toEqual({
      error: "UpstreamUnavailable",
      cause: `${words}\nUpstreamUnavailable: ${words}`,
    });
  });

  test("for an input that is none quotes nothing of it", async () => {
    const { error, cause } = await historyOf(async () => undefined, { jobId: "hooli2016" });
    expect(error).toBe("TaskFailed");
    expect(cause + written.text()).not.toContain("hooli2016");
  });
});
