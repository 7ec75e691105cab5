import { failure, isOutage, JOB_TIMED_OUT, MFA_EXPIRED } from "./failures.ts";
import type { Job } from "./job.ts";
import {
  errorCodeOf,
  MFA_CHALLENGE,
  mergeSteps,
  type Step,
  settleUnlisted,
  statusOf,
  VERIFY_CREDENTIALS,
  verdict,
} from "./steps.ts";
import type { JobChange } from "./transitions.ts";
import { isQueuedUpstream, openChallenge, type UpstreamJob } from "./upstream-job.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * One invocation of the following Task looks again and again for this long. A slice costs less than a round of states,
 * and 12 s see a job of 10 s to its end.
 */
export const SLICE_MS = 12 * SECOND;

/** Between two looks: half of the 2 s that we may add to the bank's own time. */
export const LOOK_EVERY_MS = SECOND;

/** A job that upstream never finishes is given up after this much following, unless the deployment says otherwise. */
export const DEFAULT_FOLLOW_LIMIT_MINUTES = 15;
export const MAX_FOLLOW_LIMIT_MINUTES = 24 * 60;

/** A user who answered late still gets this much of the bank's time. */
export const FOLLOW_AFTER_ANSWER_MS = 3 * MINUTE;

/** Upstream may need a moment to know the job that it has just made. */
const UNKNOWN_FOR_MS = MINUTE;

/** Whether a job that upstream does not know may still turn up. */
export function mayTurnUp(followedMs: number): boolean {
  return followedMs < UNKNOWN_FOR_MS;
}

/** How long the workflow waits between two slices, by the time for which the job was followed. */
export function waitSeconds(followedMs: number): number {
  if (followedMs < MINUTE) return 1;
  return followedMs < 5 * MINUTE ? 5 : 15;
}

/** What a look at upstream's job changes in ours; `undefined` when it shows nothing new. */
export function decideOnLook(
  job: Job,
  seen: UpstreamJob,
  now: Date,
  followLeftMs: number,
): JobChange | undefined {
  const challenge = isAnswered(job, seen) ? undefined : openChallenge(seen);
  const listed = challenge === undefined ? seen.steps : asBeforeTheChallenge(seen.steps, job.steps);
  const steps = settleUnlisted(mergeSteps(job.steps, listed), seen.steps);
  const changes = { steps, connectionId: job.connectionId ?? seen.connectionId };
  const result = verdict(steps);
  if (result !== "working") return { event: result, changes };
  if (challenge !== undefined) {
    const number = (job.challenge?.number ?? 0) + 1;
    const numbered = { ...challenge, number, upstreamUpdated: seen.updated };
    return { event: "challengeSeen", changes: { ...changes, challenge: numbered, followLeftMs } };
  }
  if (hasFollowedTooLong(job, now)) return timeOut(steps, changes.connectionId);
  if (changes.connectionId !== job.connectionId || differ(steps, job.steps)) {
    return { event: "stepsProgressed", changes };
  }
  return undefined;
}

/** Upstream may show an answered challenge a moment longer. It is another one once upstream's job has changed. */
function isAnswered({ challenge }: Job, seen: UpstreamJob): boolean {
  return challenge?.isAnswered === true && seen.updated !== "" && seen.updated === challenge.upstreamUpdated;
}

/** What the passing of time alone changes, when upstream could not be asked. */
export function decideWithoutLook(job: Job, now: Date): JobChange | undefined {
  return hasFollowedTooLong(job, now) ? timeOut(job.steps, job.connectionId) : undefined;
}

/** Whether upstream has put the job into its own queue. What it had verified before stays verified. */
export function waitsUpstream(job: Job, seen: UpstreamJob): boolean {
  return isQueuedUpstream(seen) && !isVerified(job);
}

function isVerified({ steps }: Job): boolean {
  return statusOf(steps, VERIFY_CREDENTIALS) === "success";
}

/** Whether upstream's first step blames the bank before it ever succeeded. Upstream's own queue, when it gives up, does not. */
export function blamesTheBank(job: Job, seen: UpstreamJob): boolean {
  if (isVerified(job) || job.queue?.isUpstreams) return false;
  const first = seen.steps.find(({ title }) => title === VERIFY_CREDENTIALS);
  return first?.status === "failed" && isOutage(errorCodeOf(first) ?? "");
}

/** Whether a change ends a further attempt since nobody answered its challenge: upstream's clock may be the faster one. */
export function endsUnanswered(job: Job, { event, changes }: JobChange): boolean {
  const step = changes.steps?.find(({ title }) => title === MFA_CHALLENGE);
  return event === "failed" && job.queue !== undefined && errorCodeOf(step) === MFA_EXPIRED.code;
}

/** The step is shown as in progress only once an answer can be taken; until then it stays what it was. */
function asBeforeTheChallenge(seen: readonly Step[], ours: readonly Step[]): Step[] {
  const before = statusOf(ours, MFA_CHALLENGE) ?? "pending";
  return seen.map((step) =>
    step.title === MFA_CHALLENGE ? { ...step, status: before, result: null } : step,
  );
}

function hasFollowedTooLong(job: Job, now: Date): boolean {
  return job.followUntil !== undefined && Date.parse(job.followUntil) <= now.getTime();
}

function timeOut(steps: readonly Step[], connectionId: string | undefined): JobChange {
  return failure({ steps }, JOB_TIMED_OUT, { connectionId });
}

function differ(a: readonly Step[], b: readonly Step[]): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
