import type { Clock } from "./clock.ts";
import {
  failure,
  isOutage,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  TEMPORARY_UNAVAILABLE,
  USER_LEFT,
} from "./failures.ts";
import { type Job, kindOf } from "./job.ts";
import {
  errorCodeOf,
  MFA_CHALLENGE,
  mergeSteps,
  type Step,
  type StepError,
  skipUnlisted,
  statusOf,
  VERIFY_CREDENTIALS,
  verdict,
} from "./steps.ts";
import type { JobChange } from "./transitions.ts";
import {
  asksTheSame,
  type Connection,
  isQueuedUpstream,
  openChallenge,
  type UpstreamJob,
} from "./upstream-job.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * One invocation of the following Task polls for this long, unless the deployment sets another time. A slice costs less
 * than a round of workflow states, and 12 s are enough to follow a job of 10 s to its end.
 */
export const DEFAULT_FOLLOW_SLICE_SECONDS = 12;
export const MAX_FOLLOW_SLICE_SECONDS = 25;

/** The pause between two polls: half of the 2 s that we may add to the bank's own time. */
export const POLL_EVERY_MS = SECOND;

/**
 * We stop following a job that the aggregator never finishes after this time, unless the
 * deployment sets another limit.
 */
export const DEFAULT_FOLLOW_LIMIT_MINUTES = 15;
/** Waiting for another job for a day, and then following a job for a day, stays below the 25,000 events of an execution. */
export const MAX_FOLLOW_LIMIT_MINUTES = 24 * 60;

/**
 * The aggregator may need this long before it finds a job that it has just created. Later, it may again not find a job
 * for a moment.
 */
const UNKNOWN_FOR_MS = MINUTE;

/**
 * Returns the change after a poll that the aggregator refused with `problem`, or `undefined`. The job fails once the
 * aggregator has refused every poll for a minute.
 */
export function decideOnRefusal(job: Job, problem: StepError, clock: Clock): JobChange | undefined {
  if (job.lostAt === undefined) {
    return { event: "stepsProgressed", changes: { lostAt: clock.after(UNKNOWN_FOR_MS).toISOString() } };
  }
  return Date.parse(job.lostAt) <= clock.now().getTime() ? failure(job, problem) : undefined;
}

/**
 * As {@link decideOnRefusal}, for the poll before the deadline of a challenge ends the job: the minute begins at the
 * deadline.
 */
export function decideOnRefusalAtDeadline(job: Job, problem: StepError, now: Date): JobChange | undefined {
  const deadline = Date.parse(job.challenge?.expiresAt ?? job.updatedAt);
  return deadline + UNKNOWN_FOR_MS <= now.getTime() ? failure(job, problem) : undefined;
}

/** Adds to a change after a successful poll that the aggregator knows the job again. */
export function knownAgain(job: Job, change: JobChange | undefined): JobChange | undefined {
  if (job.lostAt === undefined) return change;
  if (change === undefined) return { event: "stepsProgressed", changes: { lostAt: undefined } };
  return { ...change, changes: { ...change.changes, lostAt: undefined } };
}

/**
 * Returns how many seconds the workflow waits between two slices. The wait grows with the time
 * that the job was followed.
 */
export function waitSeconds(followedMs: number): number {
  if (followedMs < MINUTE) return 1;
  if (followedMs < 5 * MINUTE) return 5;
  if (followedMs < 60 * MINUTE) return 15;
  return followedMs < 6 * 60 * MINUTE ? 60 : 180;
}

/**
 * Returns the change to our job after a poll of the upstream job, or `undefined` if the poll shows nothing new.
 * `followLeftMs` is the time left for following, in milliseconds.
 */
export function decideOnPoll(
  job: Job,
  seen: UpstreamJob,
  now: Date,
  followLeftMs: number,
): JobChange | undefined {
  const challenge = isAnswered(job, seen, now) ? undefined : openChallenge(seen);
  const listed = challenge === undefined ? seen.steps : asBeforeTheChallenge(seen.steps, job.steps);
  const steps = skipUnlisted(mergeSteps(job.steps, listed), seen.steps);
  const changes = { steps, connectionId: job.connectionId ?? connectionIn(job, seen) };
  const result = verdict(steps);
  if (result !== "working") return { event: result, changes };
  if (challenge !== undefined) {
    const number = (job.challenge?.number ?? 0) + 1;
    const numbered = { ...challenge, number, upstreamUpdated: seen.updated };
    return { event: "challengeSeen", changes: { ...changes, challenge: numbered, followLeftMs } };
  }
  if (hasFollowedTooLong(job, now)) {
    return timeOut(steps, changes.connectionId, isQueuedUpstream(seen) ? TEMPORARY_UNAVAILABLE : undefined);
  }
  if (changes.connectionId !== job.connectionId || differ(steps, job.steps)) {
    return { event: "stepsProgressed", changes };
  }
  return undefined;
}

/** An adopted job may read a statement, which has no connection of the user: only a source counts. */
function connectionIn(job: Job, { connectionId, namesSource }: UpstreamJob): string | undefined {
  return kindOf(job) === "adopt" && namesSource !== true ? undefined : connectionId;
}

/** Returns whether the aggregator still shows the challenge that was answered. */
function isAnswered({ challenge }: Job, seen: UpstreamJob, now: Date): boolean {
  if (challenge?.isAnswered !== true) return false;
  if (seen.updated !== "" && seen.updated === challenge.upstreamUpdated) return true;
  const mayLinger =
    challenge.lingersUntil !== undefined && now.getTime() < Date.parse(challenge.lingersUntil);
  return mayLinger && asksTheSame(challenge, openChallenge(seen));
}

/** As {@link decideOnPoll}, after a poll without a usable reply: only the time limit can change the job. */
export function decideWithoutReply(job: Job, now: Date): JobChange | undefined {
  return hasFollowedTooLong(job, now) ? timeOut(job.steps, job.connectionId) : undefined;
}

/**
 * Returns whether the aggregator has put the job into its own queue. Credentials that were
 * verified before stay verified.
 */
export function waitsUpstream(job: Job, seen: UpstreamJob): boolean {
  return isQueuedUpstream(seen) && !isVerified(job);
}

function isVerified({ steps }: Job): boolean {
  return statusOf(steps, VERIFY_CREDENTIALS) === "success";
}

/**
 * Returns whether the aggregator's first step blames the bank, and never succeeded before. A failure that ends the
 * aggregator's own queue does not count.
 */
export function blamesTheBank(job: Job, seen: UpstreamJob): boolean {
  if (isVerified(job) || job.queue?.isUpstreams) return false;
  const first = seen.steps.find(({ title }) => title === VERIFY_CREDENTIALS);
  return first?.status === "failed" && isOutage(errorCodeOf(first) ?? "");
}

/**
 * Returns whether a change ends a further attempt because its challenge was not answered: the aggregator's clock
 * may be ahead of our clock.
 */
export function endsUnanswered(job: Job, { event, changes }: JobChange): boolean {
  const step = changes.steps?.find(({ title }) => title === MFA_CHALLENGE);
  return event === "failed" && job.queue !== undefined && errorCodeOf(step) === MFA_EXPIRED.code;
}

/**
 * Keeps the previous status of the challenge step. The step becomes `in-progress` only when the
 * job can accept an answer.
 */
function asBeforeTheChallenge(seen: readonly Step[], ours: readonly Step[]): Step[] {
  const before = statusOf(ours, MFA_CHALLENGE) ?? "pending";
  return seen.map((step) =>
    step.title === MFA_CHALLENGE ? { ...step, status: before, result: null } : step,
  );
}

function hasFollowedTooLong(job: Job, now: Date): boolean {
  return job.followUntil !== undefined && Date.parse(job.followUntil) <= now.getTime();
}

function timeOut(
  steps: readonly Step[],
  connectionId: string | undefined,
  error: StepError = JOB_TIMED_OUT,
): JobChange {
  return failure({ steps }, error, { connectionId });
}

/** Returns whether a change ends an adopted job that we have followed for too long. Its user may have left. */
export function mayBeLeft(job: Job, change: JobChange | undefined): change is JobChange {
  const failed = change?.changes.steps?.find(({ status }) => status === "failed");
  return kindOf(job) === "adopt" && change?.event === "failed" && failed?.result === JOB_TIMED_OUT;
}

/** Returns whether the user has not come back from the bank for the connection that the job makes. */
export function isLeft({ institutionId }: Job, { changes }: JobChange, all: readonly Connection[]): boolean {
  return all.some(
    (connection) =>
      connection.awaitsUser === true &&
      (changes.connectionId === undefined
        ? connection.institutionId === institutionId
        : connection.id === changes.connectionId),
  );
}

/** Ends an adopted job whose user has left, in place of the change that says that the time is up. */
export function leave(job: Job, { changes: { connectionId } }: JobChange): JobChange {
  return timeOut(job.steps, connectionId, USER_LEFT);
}

function differ(a: readonly Step[], b: readonly Step[]): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}
