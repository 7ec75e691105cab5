import { failureFor } from "../domain/failures.ts";
import { isFinished } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { failCurrentStep } from "../domain/steps.ts";
import { changeJob } from "./change-job.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";

export interface GiveUp {
  jobId: string;
  /** The name of the error that ended the execution. */
  failure: string;
}

/** Whatever went wrong: the job ends, and its secrets are gone. */
export async function giveUp(deps: Pick<Ports, "jobs" | "vault">, { jobId, failure }: GiveUp): Promise<void> {
  if ((await deps.jobs.find(jobId)) === undefined) return;
  const job = await changeJob(deps, jobId, (current) =>
    isFinished(current)
      ? undefined
      : { event: "failed", changes: { steps: failCurrentStep(current.steps, failureFor(failure)) } },
  );
  await destroyUnneeded(deps, job);
}
