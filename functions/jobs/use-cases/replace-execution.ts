import { generationOf, type Job } from "../domain/job.ts";
import type { Executions, JobStore, Ports } from "../domain/ports.ts";

type Deps = Pick<Ports, "executions">;
type StopDeps = { executions: Pick<Executions, "stop"> };
type StartDeps = Deps & { jobs: Pick<JobStore, "find"> };

/** Starts the execution that is to drive the job, after the one before it: never do two of them drive a job. */
export async function replaceExecution(deps: StartDeps, job: Job): Promise<void> {
  await stopPredecessors(deps, job);
  await startExecution(deps, job);
}

/**
 * Starts the execution that is to drive the job, unless another one has its place by now: whoever put that there found nothing
 * to stop yet.
 */
export async function startExecution(deps: StartDeps, job: Job): Promise<void> {
  await deps.executions.start(job);
  const current = await deps.jobs.find(job.id);
  if (current !== undefined && generationOf(current) > generationOf(job)) await deps.executions.stop(job);
}

/** Stops what drives the job, and what did, in case that whoever wanted to replace it died. */
export async function stopExecutions(deps: StopDeps, job: Job): Promise<void> {
  await stopPredecessors(deps, job);
  await deps.executions.stop(job);
}

/** Whoever wanted to replace one may have died before it could, a few times in a row at the most. */
const MAY_BE_LEFT = 3;

async function stopPredecessors({ executions }: StopDeps, { id, ...job }: Job): Promise<void> {
  const latest = generationOf(job) - 1;
  for (let generation = latest; generation >= 1 && generation > latest - MAY_BE_LEFT; generation--) {
    await executions.stop({ id, generation });
  }
}
