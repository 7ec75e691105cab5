import { generationOf, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";

/** Starts the execution that is to drive the job, after the one before it: never do two of them drive a job. */
export async function replaceExecution(deps: Pick<Ports, "executions">, job: Job): Promise<void> {
  const generation = generationOf(job);
  if (generation > 1) await deps.executions.stop({ id: job.id, generation: generation - 1 });
  await deps.executions.start(job);
}
