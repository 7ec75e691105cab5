import type * as z from "zod/mini";
import { isExpectedByWorkflow, isKnownToWorkflow, WORKFLOW_ERRORS } from "../domain/errors.ts";
import { count } from "../domain/metrics.ts";
import { jobInput } from "../wire/task-io.ts";
import { metrics } from "./compose.ts";
import { log } from "./log.ts";

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
  task: string,
  input: z.ZodMiniType<Input>,
  output: z.ZodMiniType<Output>,
  run: (input: Input) => Promise<unknown>,
): (event: unknown) => Promise<Output> {
  return async (event) => {
    const invokedAt = new Date();
    const startedAt = performance.now();
    const jobId = jobIdIn(event);
    try {
      const parsed = input.parse(event);
      const result = output.parse(await run(parsed));
      log("info", "task", { task, ...jobId, durationMs: Math.round(performance.now() - startedAt) });
      return result;
    } catch (error) {
      const errorName = error instanceof Error ? error.name : "unknown";
      const isExpected = isExpectedByWorkflow(errorName);
      log(isExpected ? "warn" : "error", "task failed", { task, ...jobId, errorName });
      // Lambda dates its count of errors by the invocation, from which the alarm on them takes these away.
      if (isExpected) metrics().measure(() => [count("ExpectedTaskErrors")], invokedAt);
      const failure = error instanceof Error && isKnownToWorkflow(errorName) ? error : new TaskFailed();
      failure.stack = `${failure.name}: ${failure.message}`;
      throw failure;
    }
  };
}

function jobIdIn(event: unknown): { jobId?: string } {
  const parsed = jobInput.safeParse(event);
  return parsed.success ? parsed.data : {};
}
