import { generationOf, type Job } from "../domain/job.ts";
import type { Executions, JobStore, Ports } from "../domain/ports.ts";

type Deps = Pick<Ports, "executions">;
type StopDeps = { executions: Pick<Executions, "stop"> };
type StartDeps = Deps & { jobs: Pick<JobStore, "find"> };

/**
 * Stops the previous execution, then starts the execution that drives the job: two executions never drive one job.
 */
export async function replaceExecution(deps: StartDeps, job: Job): Promise<void> {
  await stopPredecessors(deps, job);
  await startExecution(deps, job);
}

/**
 * Starts the execution that drives the job. Stops it again if a later generation has replaced it meanwhile: the run
 * that replaced it found no execution to stop yet.
 */
export async function startExecution(deps: StartDeps, job: Job): Promise<void> {
  await deps.executions.start(job);
  const current = await deps.jobs.find(job.id);
  if (current !== undefined && generationOf(current) > generationOf(job)) await deps.executions.stop(job);
}

/**
 * Stops the execution that drives the job, and the executions before it, because a run may have
 * died before it stopped them.
 */
export async function stopExecutions(deps: StopDeps, job: Job): Promise<void> {
  await stopPredecessors(deps, job);
  await deps.executions.stop(job);
}

/** Runs may die before they stop the previous execution, at most a few times in a row. */
const MAY_BE_LEFT = 3;

async function stopPredecessors({ executions }: StopDeps, { id, ...job }: Job): Promise<void> {
  const latest = generationOf(job) - 1;
  for (let generation = latest; generation >= 1 && generation > latest - MAY_BE_LEFT; generation--) {
    await executions.stop({ id, generation });
  }
}
