import { generationOf, type Job } from "../domain/job.ts";
import type { Executions, Ports } from "../domain/ports.ts";

type StopDeps = { executions: Pick<Executions, "stop"> };

/**
 * Stops the executions before the one that drives the job, and starts that one: an execution of an earlier version may wait for two
 * hours, and would not notice that it was replaced.
 */
export async function replaceExecution(deps: Pick<Ports, "executions">, job: Job): Promise<void> {
  await stopPredecessors(deps, job);
  await deps.executions.start(job);
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
