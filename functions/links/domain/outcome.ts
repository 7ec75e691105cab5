import { isFinished, type Job } from "../../jobs/domain/job.ts";
import type { Outcome } from "./session.ts";

/** What a person did in the Consent UI: `cancelled` without a job, otherwise the state of its jobs. */
export function outcomeOf(jobs: readonly Pick<Job, "phase">[], isCancelled: boolean): Outcome {
  if (isCancelled) return "cancelled";
  if (jobs.length === 0 || jobs.some(({ phase }) => phase === "failed")) return "failed";
  if (jobs.some(({ phase }) => phase === "queued")) return "queued";
  return jobs.every(isFinished) ? "succeeded" : "in-progress";
}
