import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { QUEUE_LIMIT_SECONDS, RETRY_EVERY_SECONDS } from "../domain/queue-policy.ts";
import { initialSteps } from "../domain/steps.ts";

/** Puts the job in the queue until the next attempt. The bank was not reached, so its steps are all still to come. */
export async function holdAttempt(
  deps: Pick<Ports, "clock" | "jobs">,
  job: Job,
  attempt: number,
): Promise<Job> {
  const nextAttemptAt = deps.clock.after(RETRY_EVERY_SECONDS * 1000).toISOString();
  const expiresAt = job.queue?.expiresAt ?? deps.clock.after(QUEUE_LIMIT_SECONDS * 1000).toISOString();
  const lost = job.upstreamJobId === undefined ? [] : [job.upstreamJobId];
  return deps.jobs.record(job, {
    event: "attemptHeld",
    changes: {
      attempt,
      steps: initialSteps(job.authorization),
      knownUpstreamJobIds: [...job.knownUpstreamJobIds, ...lost],
      upstreamJobId: undefined,
      connectionId: undefined,
      followUntil: undefined,
      queue: { nextAttemptAt, expiresAt },
    },
  });
}
