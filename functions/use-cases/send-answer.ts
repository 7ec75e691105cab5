import { unpackAnswers } from "../domain/answers.ts";
import { expireChallenge, fateOfAnswer, takeAnswer } from "../domain/challenge-state.ts";
import { UpstreamRefused, UpstreamUnavailable } from "../domain/errors.ts";
import { INTERNAL_ERROR, isOutage } from "../domain/failures.ts";
import type { Challenge, Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { answerTo } from "../domain/secret-refs.ts";
import { changeJob } from "./change-job.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";
import { failJob } from "./fail-job.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/**
 * Sends the answer that was taken, once, or ends the job when the deadline passed without one. Throws
 * `UpstreamUnavailable` when nobody can say whether the answer arrived: running this again finds out.
 */
export async function sendAnswer(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  const job = await changeJob(deps, jobId, (current) => takeOrExpire(deps, current));
  if (job.challenge === undefined) return job;
  switch (job.phase) {
    case "failed":
      await destroyUnneeded(deps, job);
      return job;
    case "answered":
      return send(deps, await deps.jobs.record(job, { event: "answerSending", changes: {} }), job.challenge);
    case "sending-answer":
      return resend(deps, job, job.challenge);
    default:
      return job;
  }
}

/** An answer that was kept counts, even if its request died before it could say so in the row. */
async function takeOrExpire(deps: Deps, job: Job) {
  if (job.phase !== "awaiting-answer" || job.challenge === undefined) return undefined;
  if (await deps.vault.holds(answerTo(job, job.challenge))) return takeAnswer(job, job.challenge.number);
  return expireChallenge(job, deps.clock.now());
}

/** The answer may have been sent before: upstream's job says whether it still waits for it. */
async function resend(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  if (job.upstreamJobId === undefined) return failJob(deps, job, INTERNAL_ERROR);
  const seen = await deps.upstream.job(job.upstreamJobId);
  return fateOfAnswer(challenge, seen) === "not-received"
    ? send(deps, job, challenge)
    : recordSent(deps, job, challenge);
}

async function send(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  const packed = await deps.vault.reveal(answerTo(job, challenge));
  if (packed === undefined || job.upstreamJobId === undefined) return failJob(deps, job, INTERNAL_ERROR);
  try {
    await deps.upstream.answer(job.upstreamJobId, unpackAnswers(packed));
  } catch (error) {
    if (!(error instanceof UpstreamRefused)) throw error;
    if (isOutage(error.problem.code)) throw new UpstreamUnavailable();
    return failJob(deps, job, error.problem);
  }
  return recordSent(deps, job, challenge);
}

async function recordSent(deps: Deps, job: Job, challenge: Challenge): Promise<Job> {
  await deps.vault.destroy(answerTo(job, challenge));
  const followUntil = deps.clock.after(job.followLeftMs ?? 0).toISOString();
  return deps.jobs.record(job, { event: "answerSent", changes: { followUntil, sealedTaskToken: undefined } });
}
