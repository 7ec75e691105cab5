import type { Clock } from "./clock.ts";
import { failure, MFA_EXPIRED, TEMPORARY_UNAVAILABLE } from "./failures.ts";
import { mayAskForMfa } from "./institution.ts";
import { type Job, kindOf, type Queue, type QueueReason } from "./job.ts";
import {
  initialSteps,
  isOver,
  MFA_CHALLENGE,
  type StepError,
  statusOf,
  VERIFY_CREDENTIALS,
} from "./steps.ts";
import type { JobChange } from "./transitions.ts";

const HOUR = 3600;

/** The published queue: an attempt every 2 hours, at most 84 after the first, which makes 7 days. */
export const RETRY_EVERY_SECONDS = 2 * HOUR;
export const MAX_RETRIES = 84;
export const MAX_ATTEMPTS = MAX_RETRIES + 1;
export const QUEUE_LIMIT_SECONDS = MAX_RETRIES * RETRY_EVERY_SECONDS;

/** The 84th retry is due at the very end of the 7 days, and comes a moment later. */
const SLACK_MS = (RETRY_EVERY_SECONDS * 1000) / 2;

/** Timers and clocks differ by less. */
const EARLY_MS = 60_000;

/** The attempts of jobs that met one outage in the same second are spread over this much, and stay so from then on. */
const SPREAD_SECONDS = 60;

/** So many challenges that nobody answered are proof enough that nobody is there. */
const MAX_UNANSWERED = 3;

export type Policy = {
  /** Whether a bank that is down makes a job wait at all. */
  queues: boolean;
  /** A job that upstream does not finish is given up after this much following. */
  followLimitMs: number;
};

/** A refresh has nobody who waits for it to come true: whoever asked for it asks again. */
export function mayBeHeld(job: Pick<Job, "kind">, { queues }: Pick<Policy, "queues">): boolean {
  return queues && kindOf(job) !== "refresh";
}

/** Whether the next attempt may start: a run that comes far too early is a repeated one. */
export function isDue(job: Pick<Job, "phase" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.phase !== "queued" || job.queue === undefined) return true;
  return msUntil(new Date(job.queue.nextAttemptAt)) <= EARLY_MS;
}

/** Whether no further attempt may start: all were made, or the 7 days are over. */
export function isExhausted(job: Pick<Job, "attempt" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.attempt >= MAX_ATTEMPTS) return true;
  return job.queue !== undefined && msUntil(new Date(job.queue.expiresAt)) < -SLACK_MS;
}

/** Whether an attempt that would begin a whole interval from now would be one too many. */
export function isLastAttempt(attempt: number, queue: Job["queue"], msUntil: (moment: Date) => number) {
  if (attempt >= MAX_ATTEMPTS) return true;
  const leftMs = queue === undefined ? Number.POSITIVE_INFINITY : msUntil(new Date(queue.expiresAt));
  return leftMs < RETRY_EVERY_SECONDS * 1000 - SLACK_MS;
}

/**
 * Seconds from being held until the next attempt. The first wait is longer by a share of the spread that goes with the job's
 * id; those that follow are of one length, so that a burst of jobs never comes together again.
 */
export function secondsToNextAttempt(job: Pick<Job, "id" | "queue">): number {
  return RETRY_EVERY_SECONDS + (job.queue === undefined ? spreadSeconds(job.id) : 0);
}

/** A share of the spread by the last digits of a random id. */
function spreadSeconds(jobId: string): number {
  return Math.floor((Number.parseInt(jobId.slice(-6), 16) / 0x1000000) * SPREAD_SECONDS);
}

/** Whether a further attempt would make the bank send a code, most likely to somebody who is not there. */
export function needsTheUser({ authorization, queue }: Pick<Job, "authorization" | "queue">): boolean {
  if (!mayAskForMfa(authorization)) return false;
  return authorization === "user-mfa" || (queue?.unanswered ?? 0) >= MAX_UNANSWERED;
}

/** Whether a further attempt could need the login again. */
export function mayNeedLogin(job: Pick<Job, "kind" | "steps" | "queue">): boolean {
  if (kindOf(job) === "refresh") return false;
  if (statusOf(job.steps, VERIFY_CREDENTIALS) !== "success") return true;
  const asks = statusOf(job.steps, MFA_CHALLENGE);
  return job.queue !== undefined && asks !== undefined && !isOver(asks);
}

export interface Held {
  /** How many attempts were made, with the one that is over now. */
  attempt: number;
  reason?: QueueReason | undefined;
}

/** Upstream's list goes back further than a clock can be wrong. */
const KNOWN_UPSTREAM_JOBS = 10;

/**
 * Puts the job in the queue until the next attempt, or ends it when there is none left. Whatever its steps were, they are
 * all still to come.
 */
export function holdChange(job: Job, { attempt, reason }: Held, clock: Clock): JobChange {
  const isUnanswered = reason === "challenge-not-answered";
  if (isLastAttempt(attempt, job.queue, clock.msUntil)) {
    return lastChange(job, attempt, isUnanswered ? MFA_EXPIRED : TEMPORARY_UNAVAILABLE);
  }
  const unanswered = (job.queue?.unanswered ?? 0) + (isUnanswered ? 1 : 0);
  return {
    event: "attemptHeld",
    changes: {
      attempt,
      steps: initialSteps(job.authorization),
      knownUpstreamJobIds: knownWith(job.knownUpstreamJobIds, job.upstreamJobId),
      upstreamJobId: undefined,
      connectionId: kindOf(job) === "create" ? undefined : job.connectionId,
      followUntil: undefined,
      sealedTaskToken: undefined,
      queue: { ...times(job, clock), reason, unanswered: unanswered || undefined },
    },
  };
}

/** Notes that upstream holds the job itself: it makes the attempts, and we only look, as often as we would make one. */
export function holdUpstreamChange(job: Job, attempt: number, clock: Clock): JobChange {
  if (isLastAttempt(attempt, job.queue, clock.msUntil)) {
    return lastChange(job, attempt, TEMPORARY_UNAVAILABLE);
  }
  return {
    event: "heldUpstream",
    changes: {
      attempt,
      steps: initialSteps(job.authorization),
      followUntil: undefined,
      queue: { ...times(job, clock), isUpstreams: true },
    },
  };
}

function lastChange({ steps }: Job, attempt: number, error: StepError): JobChange {
  return failure({ steps }, error, { attempt });
}

export function knownWith(known: readonly string[], upstreamJobId: string | undefined): string[] {
  return [...known, ...(upstreamJobId === undefined ? [] : [upstreamJobId])].slice(-KNOWN_UPSTREAM_JOBS);
}

function times(job: Job, clock: Clock): Pick<Queue, "nextAttemptAt" | "expiresAt"> {
  return {
    nextAttemptAt: clock.after(secondsToNextAttempt(job) * 1000).toISOString(),
    expiresAt: job.queue?.expiresAt ?? clock.after(QUEUE_LIMIT_SECONDS * 1000).toISOString(),
  };
}
