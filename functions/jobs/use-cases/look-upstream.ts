import { UpstreamRefused } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import { orWhenUnavailable } from "../domain/or-when-unavailable.ts";
import type { Ports } from "../domain/ports.ts";
import { isQueuedUpstream } from "../domain/upstream-job.ts";
import { holdUpstream } from "./hold-attempt.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream" | "policy">;

/** Upstream makes the attempts itself: we see whether it still waits. */
export async function lookUpstream(
  deps: Deps,
  job: Job,
  upstreamJobId: string,
  attempt: number,
): Promise<Job> {
  const waits = await orWhenUnavailable(waitsUpstream(deps, upstreamJobId), true);
  if (waits) return holdUpstream(deps, job, attempt);
  const followUntil = deps.clock.after(deps.policy.followLimitMs).toISOString();
  return deps.jobs.record(job, { event: "continuedUpstream", changes: { attempt, followUntil } });
}

/** Of a job that upstream does not know any more, whoever follows it decides. */
async function waitsUpstream(deps: Deps, upstreamJobId: string): Promise<boolean> {
  try {
    return isQueuedUpstream(await deps.upstream.job(upstreamJobId));
  } catch (error) {
    if (error instanceof UpstreamRefused) return false;
    throw error;
  }
}
