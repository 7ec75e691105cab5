import { answerWithinMs } from "../domain/challenge-deadline.ts";
import { isFinished, type Job } from "../domain/job.ts";
import { LOOK_EVERY_MS, SLICE_MS, waitSeconds } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { mayNeedLogin } from "../domain/queue.ts";
import { findJob } from "./change-job.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";
import { followedMs, lookAtJob } from "./look-at-job.ts";

export type FollowDeps = Pick<
  Ports,
  "clock" | "jobs" | "vault" | "upstream" | "claims" | "refusedLogins" | "policy"
>;

/** What the workflow does next. */
export type Followed =
  | { next: "done" }
  | { next: "hold"; waitSeconds: number }
  | { next: "wait"; waitSeconds: number }
  | { next: "ask"; timeoutSeconds: number };

/** The callback's time-out comes this much after the deadline, so that the deadline has passed for every clock. */
const TIMEOUT_SLACK_SECONDS = 2;

/**
 * Looks at upstream's job for a slice of time and writes each change at once. Ends early when the job is over, is to be
 * held, or the bank asks something.
 */
export async function followJob(deps: FollowDeps, { jobId }: { jobId: string }): Promise<Followed> {
  return followFound(deps, await findJob(deps, jobId));
}

/** The same of a job as it was just read or written. */
export async function followFound(deps: FollowDeps, found: Job): Promise<Followed> {
  const sliceEnd = deps.clock.after(SLICE_MS);
  let job = found;
  // The run before this one may have died before it could.
  if (needsCleaning(job)) job = await destroyUnneeded(deps, job);
  for (;;) {
    const before = job;
    job = await lookAtJob(deps, before);
    if (job !== before && needsCleaning(job, before)) job = await destroyUnneeded(deps, job);
    if (job.phase !== "following") return nextAfter(deps, job);
    if (deps.clock.msUntil(sliceEnd) <= 0) {
      return { next: "wait", waitSeconds: waitSeconds(followedMs(deps, job)) };
    }
    await deps.clock.sleep(LOOK_EVERY_MS);
  }
}

function needsCleaning(job: Job, before?: Job): boolean {
  // A job that has just ended, and is not to be swept, has left nothing.
  if (isFinished(job)) return before === undefined || job.sweepAt !== undefined;
  const wasClean = before !== undefined && !mayNeedLogin(before);
  return !mayNeedLogin(job) && !wasClean;
}

function nextAfter(deps: FollowDeps, job: Job): Followed {
  switch (job.phase) {
    case "succeeded":
    case "failed":
      return { next: "done" };
    case "challenged":
    case "awaiting-answer":
    case "answered":
    case "sending-answer":
      return { next: "ask", timeoutSeconds: secondsToAnswer(deps, job) };
    case "queued":
      return { next: "hold", waitSeconds: secondsToAttempt(deps, job) };
    default:
      return { next: "hold", waitSeconds: 1 };
  }
}

function secondsToAttempt(deps: FollowDeps, { queue }: Job): number {
  const ms = queue === undefined ? 0 : deps.clock.msUntil(new Date(queue.nextAttemptAt));
  return Math.max(1, Math.ceil(ms / 1000));
}

function secondsToAnswer(deps: FollowDeps, { challenge }: Job): number {
  const ms =
    challenge?.expiresAt === undefined
      ? answerWithinMs(challenge?.expiryMs ?? 0)
      : deps.clock.msUntil(new Date(challenge.expiresAt));
  return Math.ceil(Math.max(ms, 0) / 1000) + TIMEOUT_SLACK_SECONDS;
}
