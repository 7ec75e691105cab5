import { generationOf, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";

type Deps = Pick<Ports, "executions">;

/** Starts the execution that is to drive the job, after the one before it: never do two of them drive a job. */
export async function replaceExecution(deps: Deps, job: Job): Promise<void> {
  await stopPredecessor(deps, job);
  await deps.executions.start(job);
}

/** Stops what drives the job, and what did, in case that whoever wanted to replace it died. */
export async function stopExecutions(deps: Deps, job: Job): Promise<void> {
  await stopPredecessor(deps, job);
  await deps.executions.stop(job);
}

async function stopPredecessor({ executions }: Deps, job: Job): Promise<void> {
  const generation = generationOf(job);
  if (generation > 1) await executions.stop({ id: job.id, generation: generation - 1 });
}
