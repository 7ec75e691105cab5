import { isFinished, type Job } from "../domain/job.ts";
import type { Ports, Upstream } from "../domain/ports.ts";
import { type CancelDeps, cancelOpenJob } from "./cancel-job.ts";

export type GoneDeps = CancelDeps & Pick<Ports, "jobList"> & { upstream: Pick<Upstream, "connection"> };

/** A user has far fewer jobs that have not ended. */
const MAX_JOBS = 100;

/**
 * Ends the jobs of a user whose connections the aggregator no longer has, after a consent has ended. This also frees their
 * claims, and deletes their secrets. A second call finds nothing to do.
 */
export async function endJobsOfGoneConnections(deps: GoneDeps, userId: string): Promise<void> {
  for (const { id, connectionId } of await openJobsOf(deps, userId)) {
    if (connectionId === undefined) continue;
    const connection = await deps.upstream.connection(userId, connectionId);
    if (connection === undefined) await cancelOpenJob(deps, id);
  }
}

export async function openJobsOf({ jobList }: Pick<Ports, "jobList">, userId: string): Promise<Job[]> {
  const wanted = (job: Job) => !isFinished(job) && job.isDropped === undefined;
  const { jobs } = await jobList.page([userId], { limit: MAX_JOBS, from: undefined, wanted });
  return jobs;
}
