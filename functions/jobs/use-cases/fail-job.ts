import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { failCurrentStep, type StepError } from "../domain/steps.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";

/** Fails the step that the job is at, ends the job, and destroys its secrets. */
export async function failJob(deps: Pick<Ports, "jobs" | "vault">, job: Job, error: StepError): Promise<Job> {
  const steps = failCurrentStep(job.steps, error);
  const failed = await deps.jobs.record(job, { event: "failed", changes: { steps } });
  return destroyUnneeded(deps, failed);
}
