import { isFinished, type Job, kindOf } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { mayNeedLogin } from "../domain/queue-policy.ts";
import { answerTo, loginOf } from "../domain/secret-refs.ts";

/** Destroys what the job cannot need any more. Safe to repeat: every Task that finds a finished job does. */
export async function destroyUnneeded(deps: Pick<Ports, "jobs" | "vault">, job: Job): Promise<void> {
  const hasLogin = kindOf(job) !== "refresh";
  if (hasLogin && (isFinished(job) || !mayNeedLogin(job))) await deps.vault.destroy(loginOf(job));
  if (!isFinished(job)) return;
  for (let number = 1; number <= (job.challenge?.number ?? 0); number++) {
    await deps.vault.destroy(answerTo(job, { number }));
  }
  if (job.sweepAt !== undefined) await deps.jobs.settle(job);
}
