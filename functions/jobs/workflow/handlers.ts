import * as z from "zod/mini";
import { metrics } from "../../compose.ts";
import { log, logAbout } from "../../platform/log.ts";
import { type LogFields, nameOf, ofJob, type TaskName } from "../../platform/log-fields.ts";
import { isExpectedByWorkflow, isKnownToWorkflow, WORKFLOW_ERRORS } from "../domain/errors.ts";
import { jobIdSchema } from "../domain/ids.ts";
import { measureSweep, type SweepWatch, type Swept } from "../domain/measurements.ts";
import { count } from "../domain/metrics.ts";
import { Secret } from "../domain/secret.ts";

const secretText = z.pipe(
  z.string(),
  z.transform((text) => new Secret(text)),
);

/** Inputs and outputs of the workflow's Tasks. Small facts only: they are kept in the execution's history. */
export const jobInput = z.object({ jobId: jobIdSchema });

export const askInput = z.object({ jobId: jobIdSchema, taskToken: secretText });

export const giveUpInput = z.object({ jobId: jobIdSchema, failure: z.string() });

/** What goes through the workflow from state to state. */
export const jobOutput = z.object({ jobId: z.string() });

export const followOutput = z.object({
  jobId: z.string(),
  next: z.enum(["done", "hold", "wait", "ask"]),
  waitSeconds: z.optional(z.int()),
  timeoutSeconds: z.optional(z.int()),
});

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
  input: z.ZodMiniType<Input>,
  output: z.ZodMiniType<Output>,
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
        throw withoutStack(error instanceof Error && isKnownToWorkflow(errorName) ? error : new TaskFailed());
      }
    });
}

function jobIdIn(event: unknown): string | undefined {
  const parsed = z.safeParse(jobInput, event);
  return parsed.success ? parsed.data.jobId : undefined;
}

const OF_NO_JOB: LogFields = {};

/** The service keeps the stack of an error that leaves a function. A stack names files. */
function withoutStack(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** Its event is a schedule's and says nothing. What could not be looked at makes the next sweep's list, not a failure. */
export function sweepHandler(run: (watch: SweepWatch) => Promise<Swept>): () => Promise<void> {
  return () =>
    logAbout({ ...OF_NO_JOB }, async () => {
      const startedAt = performance.now();
      try {
        const swept = await run(watch);
        metrics().measure(() => measureSweep(swept, new Date()));
        log("info", "sweep", { durationMs: Math.round(performance.now() - startedAt) });
      } catch (error) {
        log("error", "sweep failed", { errorName: nameOf(error) });
        throw withoutStack(new Error("The sweep failed."));
      }
    });
}

const watch: SweepWatch = (jobId, look) =>
  logAbout(ofJob(jobId), async () => {
    try {
      const looked = await look();
      if (looked !== "nothing") log("warn", "job mended", { reason: looked });
      return looked;
    } catch (error) {
      log("error", "job not swept", { errorName: nameOf(error) });
      throw error;
    }
  });
