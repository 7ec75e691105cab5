import { isFinished, type Job, kindOf } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { mayNeedLogin } from "../domain/queue.ts";
import { answerTo, loginOf } from "../domain/secret-refs.ts";
import { mayGetAnswer } from "../domain/sweep.ts";

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
