import { failureFor } from "../domain/failures.ts";
import { isFinished, type Job, kindOf } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { mayNeedLogin } from "../domain/queue.ts";
import { answerTo, loginOf } from "../domain/secret.ts";
import { failCurrentStep, type StepError } from "../domain/steps.ts";
import { mayGetAnswer } from "../domain/sweep.ts";
import { changeJob } from "./change-job.ts";

/** Fails the step that the job is at, ends the job, and destroys its secrets. */
export async function failJob(deps: Pick<Ports, "jobs" | "vault">, job: Job, error: StepError): Promise<Job> {
  const steps = failCurrentStep(job.steps, error);
  const failed = await deps.jobs.record(job, { event: "failed", changes: { steps } });
  return destroyUnneeded(deps, failed);
}

/** Destroys what the job cannot need any more, and gives the job as its row is then. Safe to repeat. */
export async function destroyUnneeded(deps: Pick<Ports, "jobs" | "vault">, job: Job): Promise<Job> {
  const hasLogin = kindOf(job) !== "refresh";
  if (hasLogin && (isFinished(job) || !mayNeedLogin(job))) await deps.vault.destroy(loginOf(job));
  if (!isFinished(job)) return job;
  for (let number = 1; number <= (job.challenge?.number ?? 0); number++) {
    await deps.vault.destroy(answerTo(job, { number }));
  }
  if (job.sweepAt === undefined || mayGetAnswer(job)) return job;
  await deps.jobs.settle(job);
  return { ...job, sweepAt: undefined };
}

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
