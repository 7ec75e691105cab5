import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { holdUpstreamChange } from "../domain/queue.ts";
import { isQueuedUpstream } from "../domain/upstream-job.ts";
import { type EndDeps, writeChange } from "./end-job.ts";

export type PollQueueDeps = EndDeps & Pick<Ports, "clock" | "upstream" | "policy">;

/** Leaves the job in the aggregator's own queue until the next poll, or ends it if no attempt is left. */
function holdUpstream(deps: PollQueueDeps, job: Job, attempt: number): Promise<Job> {
  return writeChange(deps, job, holdUpstreamChange(job, attempt, deps.clock));
}

/**
 * Checks whether the job still waits in the aggregator's own queue, in which the aggregator
 * makes the attempts itself.
 */
export async function pollUpstreamQueue(
  deps: PollQueueDeps,
  job: Job,
  upstreamJobId: string,
  attempt: number,
): Promise<Job> {
  if (await waitsUpstream(deps, upstreamJobId)) return holdUpstream(deps, job, attempt);
  const followUntil = deps.clock.after(deps.policy.followLimitMs).toISOString();
  return writeChange(deps, job, { event: "continuedUpstream", changes: { attempt, followUntil } });
}

/**
 * Returns whether the aggregator still holds the job in its own queue, or does not reply. Returns false if the aggregator does not
 * know the job any more: following the job then decides.
 */
export async function waitsUpstream(deps: Pick<Ports, "upstream">, upstreamJobId: string): Promise<boolean> {
  try {
    return isQueuedUpstream(await deps.upstream.job(upstreamJobId));
  } catch (error) {
    if (error instanceof UpstreamRefused) return false;
    if (error instanceof UpstreamUnavailable) return true;
    throw error;
  }
}
