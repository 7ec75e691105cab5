import { answerWithinMs } from "../domain/challenge-deadline.ts";
import { isFinished, type Job } from "../domain/job.ts";
import { LOOK_EVERY_MS, SLICE_MS, waitSeconds } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { statusOf, VERIFY_CREDENTIALS } from "../domain/steps.ts";
import { findJob } from "./change-job.ts";
import { destroyUnneeded } from "./destroy-unneeded.ts";
import { followLeftMs, lookAtJob } from "./look-at-job.ts";

export type FollowDeps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/** What the workflow does next. */
export type Followed =
  | { next: "done" }
  | { next: "hold" }
  | { next: "wait"; waitSeconds: number }
  | { next: "ask"; timeoutSeconds: number };

/** The callback's time-out comes this much after the deadline, so that the deadline has passed for every clock. */
const TIMEOUT_SLACK_SECONDS = 2;

/**
 * Looks at upstream's job for a slice of time and writes each change at once. Ends early when the job is over, is to be
 * held, or the bank asks something.
 */
export async function followJob(deps: FollowDeps, { jobId }: { jobId: string }): Promise<Followed> {
  const sliceEnd = deps.clock.after(SLICE_MS);
  let job = await findJob(deps, jobId);
  for (let before: Job | undefined; ; before = job) {
    job = await lookAtJob(deps, job);
    if (needsCleaning(before, job)) await destroyUnneeded(deps, job);
    if (job.phase !== "following") return nextAfter(deps, job);
    if (deps.clock.msUntil(sliceEnd) <= 0) {
      return { next: "wait", waitSeconds: waitSeconds(followLeftMs(deps, job)) };
    }
    await deps.clock.sleep(LOOK_EVERY_MS);
  }
}

/** The first look of every run counts as news: the run before it may have died before it could clean. */
function needsCleaning(before: Job | undefined, after: Job): boolean {
  const isVerified = (job: Job) => statusOf(job.steps, VERIFY_CREDENTIALS) === "success";
  return isFinished(after) || (isVerified(after) && (before === undefined || !isVerified(before)));
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
    default:
      return { next: "hold" };
  }
}

function secondsToAnswer(deps: FollowDeps, { challenge }: Job): number {
  const ms =
    challenge?.expiresAt === undefined
      ? answerWithinMs(challenge?.expiryMs ?? 0)
      : deps.clock.msUntil(new Date(challenge.expiresAt));
  return Math.ceil(Math.max(ms, 0) / 1000) + TIMEOUT_SLACK_SECONDS;
}
