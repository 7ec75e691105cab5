import { failure, failureFor, wasCancelled } from "../domain/failures.ts";
import { bringsLogin, isFinished, isReplaced, type Job, type TaskInput } from "../domain/job.ts";
import type { Executions, Ports } from "../domain/ports.ts";
import { answerTo, loginOf } from "../domain/secret.ts";
import type { StepError } from "../domain/steps.ts";
import { mayGetSecret } from "../domain/sweep.ts";
import { type EndingChange, endsJob, type JobChange, type OngoingChange } from "../domain/transitions.ts";
import { changeUntilWritten } from "./change-job.ts";
import { stopExecutions } from "./replace-execution.ts";

export type EndDeps = Pick<Ports, "jobs" | "vault"> & {
  /** For functions that end jobs from outside their execution. A Task that finds its job finished ends by itself. */
  executions?: Pick<Executions, "stop">;
};

/**
 * Ends a job. Every end passes through this function. Writing the end also measures it, and frees the job's claim,
 * because a claim counts only while its job is not finished. A function may die right after that write: code that has
 * to run all the same belongs into {@link cleanUp}, which the sweeper repeats as long as the job has a `sweepAt`.
 */
async function endJob(deps: EndDeps, job: Job, change: EndingChange): Promise<Job> {
  const ended = await deps.jobs.record(job, change);
  // A succeeded job has nothing to clean up if its login was deleted when the bank verified it.
  return ended.sweepAt === undefined ? ended : cleanUp(deps, ended);
}

/**
 * Stops the execution of a cancelled job, then deletes the login and the answers of a finished job. If a function
 * dies before the end of this, the sweeper repeats it: until then, the job stays on the sweeper's list.
 */
export async function cleanUp(deps: EndDeps, job: Job): Promise<Job> {
  // No execution drives a job that was parked.
  const isDriven = job.queue?.waitsFor === undefined;
  if (deps.executions !== undefined && isDriven && wasCancelled(job)) {
    await stopExecutions({ executions: deps.executions }, job);
  }
  await destroyLogin(deps, job);
  for (let number = 1; number <= (job.challenge?.number ?? 0); number++) {
    await deps.vault.destroy(answerTo(job, { number }));
  }
  if (job.sweepAt === undefined || mayGetSecret(job)) return job;
  await deps.jobs.markCleaned(job);
  return { ...job, sweepAt: undefined };
}

/** Deletes the login of a create or an update. */
export async function destroyLogin(deps: Pick<Ports, "vault">, job: Job): Promise<void> {
  if (bringsLogin(job)) await deps.vault.destroy(loginOf(job));
}

/** Writes a change that does not end the job, and so deletes no secret. */
export function writeOngoing({ jobs }: Pick<Ports, "jobs">, job: Job, change: OngoingChange): Promise<Job> {
  return jobs.record(job, change);
}

/** Writes a change. A change that ends the job passes through {@link endJob}. */
export function writeChange(deps: EndDeps, job: Job, change: JobChange): Promise<Job> {
  return endsJob(change) ? endJob(deps, job, change) : deps.jobs.record(job, change);
}

/** Reads, decides and writes as `changeJob` does, with changes that may end the job. */
export function changeOrEndJob(
  deps: EndDeps,
  jobId: string,
  decide: (job: Job) => JobChange | undefined | Promise<JobChange | undefined>,
): Promise<Job> {
  return changeUntilWritten(deps, jobId, decide, (job, change) => writeChange(deps, job, change));
}

/** Fails the current step of the job, and ends the job. */
export function failJob(deps: EndDeps, job: Job, error: StepError): Promise<Job> {
  return endJob(deps, job, failure(job, error));
}

export interface GiveUp extends TaskInput {
  /** The name of the error that ended the execution. */
  failure: string;
}

/**
 * Ends a job whose execution failed, or completes the clean-up of a job that had ended. Ignores a missing job, and a job that a
 * later execution drives.
 */
export async function giveUp(deps: EndDeps, { failure: name, ...input }: GiveUp): Promise<void> {
  const { jobId } = input;
  const found = await deps.jobs.find(jobId);
  if (found === undefined || isReplaced(found, input)) return;
  if (isFinished(found)) {
    await cleanUp(deps, found);
    return;
  }
  const error = failureFor(name);
  await changeOrEndJob(deps, jobId, (job) =>
    isFinished(job) || isReplaced(job, input) ? undefined : failure(job, error),
  );
}
