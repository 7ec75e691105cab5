import * as z from "zod/v4/core";
import { metrics } from "../../compose.ts";
import { log, logAbout } from "../../platform/log.ts";
import { nameOf, ofJob, type TaskName } from "../../platform/log-fields.ts";
import { isExpectedByWorkflow, isKnownToWorkflow, WORKFLOW_ERRORS } from "../domain/errors.ts";
import { count } from "../domain/metrics.ts";
import { jobInput } from "./task-io.ts";

/** Replaces an error that the workflow does not know by name: its message could hold anything. */
class TaskFailed extends Error {
  override readonly name = WORKFLOW_ERRORS.taskFailed;
  constructor() {
    super("The task failed.");
  }
}

/**
 * The one shape of every Task's function. What leaves it is kept in the execution's history: outputs are cut to their
 * schema, errors to a name and a constant message, without a stack.
 */
export function taskHandler<Input extends { jobId: string }, Output>(
  task: TaskName,
  input: z.$ZodType<Input>,
  output: z.$ZodType<Output>,
  run: (input: Input) => Promise<unknown>,
): (event: unknown) => Promise<Output> {
  return (event) =>
    logAbout({ task, ...ofJob(jobIdIn(event)) }, async () => {
      const invokedAt = new Date();
      const startedAt = performance.now();
      try {
        const parsed = z.parse(input, event);
        const result = z.parse(output, await run(parsed));
        log("info", "task", { durationMs: Math.round(performance.now() - startedAt) });
        return result;
      } catch (error) {
        const errorName = nameOf(error);
        const isExpected = isExpectedByWorkflow(errorName);
        log(isExpected ? "warn" : "error", "task failed", { errorName });
        // Lambda dates its count of errors by the invocation, from which the alarm on them takes these away.
        if (isExpected) metrics().measure(() => [count("ExpectedTaskErrors")], invokedAt);
        const failure = error instanceof Error && isKnownToWorkflow(errorName) ? error : new TaskFailed();
        failure.stack = `${failure.name}: ${failure.message}`;
        throw failure;
      }
    });
}

function jobIdIn(event: unknown): string | undefined {
  const parsed = z.safeParse(jobInput, event);
  return parsed.success ? parsed.data.jobId : undefined;
}
