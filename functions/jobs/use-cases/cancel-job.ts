import type { TokenClaims } from "../../access/caller.ts";
import { JOB_CANCELLED, wasCancelled } from "../domain/failures.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { failCurrentStep } from "../domain/steps.ts";
import { mayGetAnswer } from "../domain/sweep.ts";
import { changeJob } from "./change-job.ts";
import { destroyUnneeded } from "./end-job.ts";
import { readJob } from "./read-job.ts";
import { stopExecutions } from "./replace-execution.ts";

type Deps = Pick<Ports, "jobs" | "vault" | "executions">;

/**
 * Ends a job before its time: its claim is free, its execution stopped, its secrets are destroyed. Asked again while a crash
 * has left some of that undone, it finishes it.
 */
export async function cancelJob(deps: Deps, request: { jobId: string; caller: TokenClaims }): Promise<Job> {
  const found = await readJob(deps, request);
  if (isFinished(found) && !isHalfCancelled(found)) throw new Refusal("job-over");
  const job = await changeJob(deps, found.id, (current) =>
    isFinished(current)
      ? undefined
      : { event: "failed", changes: { steps: failCurrentStep(current.steps, JOB_CANCELLED) } },
  );
  if (!wasCancelled(job)) throw new Refusal("job-over");
  await stopExecutions(deps, job);
  await destroyUnneeded(deps, job);
  return job;
}

/** What the sweeper alone waits for is no reason to cancel again. */
function isHalfCancelled(job: Job): boolean {
  return wasCancelled(job) && job.sweepAt !== undefined && !mayGetAnswer(job);
}
