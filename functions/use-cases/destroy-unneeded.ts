import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { answerTo, loginOf } from "../domain/secret-refs.ts";
import { statusOf, VERIFY_CREDENTIALS } from "../domain/steps.ts";

/** Destroys what the job cannot need any more. Safe to repeat: every Task that finds a finished job does. */
export async function destroyUnneeded(deps: Pick<Ports, "vault">, job: Job): Promise<void> {
  if (isFinished(job) || statusOf(job.steps, VERIFY_CREDENTIALS) === "success") {
    await deps.vault.destroy(loginOf(job));
  }
  if (!isFinished(job)) return;
  for (let number = 1; number <= (job.challenge?.number ?? 0); number++) {
    await deps.vault.destroy(answerTo(job, { number }));
  }
}
