import * as z from "zod/mini";
import { metrics } from "../../compose.ts";
import { log, logAbout } from "../../platform/log.ts";
import { type LogFields, nameOf, ofError, ofJob, type TaskName } from "../../platform/log-fields.ts";
import { withoutStack } from "../../platform/without-stack.ts";
import { isExpectedByWorkflow, isKnownToWorkflow, WORKFLOW_ERRORS } from "../domain/errors.ts";
import { jobIdSchema } from "../domain/ids.ts";
import { measureSweep, type SweepWatch, type Swept } from "../domain/measurements.ts";
import { count } from "../domain/metrics.ts";
import { Secret } from "../domain/secret.ts";

const secretText = z.pipe(
  z.string(),
  z.transform((text) => new Secret(text)),
);

/**
 * The inputs and outputs of the workflow's Tasks. Small values only: Step Functions stores them in
 * the execution's history.
 */
const jobFields = {
  jobId: jobIdSchema,
  /** The name of the execution ends with its generation. */
  execution: z.optional(z.string().check(z.regex(/-\d+$/))),
};

const withGeneration = <Input extends { execution?: string | undefined }>({
  execution,
  ...input
}: Input) => ({
  ...input,
  generation: execution === undefined ? undefined : Number(execution.slice(execution.lastIndexOf("-") + 1)),
});

export const jobInput = z.pipe(z.object(jobFields), z.transform(withGeneration));

export const askInput = z.pipe(
  z.object({ ...jobFields, taskToken: secretText }),
  z.transform(withGeneration),
);

export const giveUpInput = z.pipe(
  z.object({ ...jobFields, failure: z.string() }),
  z.transform(withGeneration),
);

/** The data that the workflow passes from state to state. */
export const jobOutput = z.object({ jobId: z.string() });

export const followOutput = z.object({
  jobId: z.string(),
  next: z.enum(["done", "hold", "wait", "ask"]),
  waitSeconds: z.optional(z.int()),
  timeoutSeconds: z.optional(z.int()),
});

/** Replaces an error that the workflow does not know by name: its message may contain anything. */
class TaskFailed extends Error {
  override readonly name = WORKFLOW_ERRORS.taskFailed;
  constructor() {
    super("The task failed.");
  }
}

/**
 * Wraps the function of every Task. Step Functions stores outputs and errors in the execution's history, so outputs
 * are reduced to their schema, and errors to a name and a constant message, without a stack.
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
        log(isExpected ? "warn" : "error", "task failed", ofError(error));
        // Lambda dates its count of errors by the invocation. The alarm on that count subtracts these errors.
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

/**
 * Wraps the function of the sweeper. Its event comes from a schedule and contains nothing of use. A job whose check
 * failed stays on the list of the next sweep, and does not fail this sweep.
 */
export function sweepHandler(run: (watch: SweepWatch) => Promise<Swept>): () => Promise<void> {
  return () =>
    logAbout({ ...OF_NO_JOB }, async () => {
      const startedAt = performance.now();
      try {
        const swept = await run(watch);
        metrics().measure(() => measureSweep(swept, new Date()));
        log("info", "sweep", { durationMs: Math.round(performance.now() - startedAt) });
      } catch (error) {
        log("error", "sweep failed", ofError(error));
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
      log("error", "job not swept", ofError(error));
      throw error;
    }
  });
