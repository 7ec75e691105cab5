import type { Clock } from "./clock.ts";
import { failure, MFA_EXPIRED, TEMPORARY_UNAVAILABLE } from "./failures.ts";
import { mayAskForMfa } from "./institution.ts";
import { bringsLogin, type Job, kindOf, type Queue, type QueueReason } from "./job.ts";
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

/** The published queue: an attempt every 2 hours, at most 84 after the first attempt, which makes 7 days. */
export const RETRY_EVERY_SECONDS = 2 * HOUR;
export const MAX_RETRIES = 84;
export const MAX_ATTEMPTS = MAX_RETRIES + 1;
export const QUEUE_LIMIT_SECONDS = MAX_RETRIES * RETRY_EVERY_SECONDS;

/** The 84th retry is due at the very end of the 7 days, and starts a moment later. */
const SLACK_MS = (RETRY_EVERY_SECONDS * 1000) / 2;

/** Timers and clocks differ by less than this. */
const EARLY_MS = 60_000;

/**
 * Spreads the attempts of jobs that met one outage in the same second over this time. Their
 * later attempts stay spread.
 */
const SPREAD_SECONDS = 60;

/** After this many unanswered challenges, we assume that the user is absent. */
const MAX_UNANSWERED = 3;

export type Policy = {
  /** Whether a job waits while its bank is down. */
  queues: boolean;
  /** We stop following a job that the aggregator does not finish after this time. */
  followLimitMs: number;
  /** One invocation of a function polls for this long. */
  followSliceMs: number;
};

/** Only jobs with a login are queued: who requested a refresh can retry, and an adopted job has no login for a further attempt. */
export function mayBeHeld(job: Pick<Job, "kind">, { queues }: Pick<Policy, "queues">): boolean {
  return queues && bringsLogin(job);
}

/** Returns whether the next attempt may start. A run that comes more than a minute too early is a repeated run. */
export function isDue(job: Pick<Job, "phase" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.phase !== "queued" || job.queue === undefined) return true;
  return msUntil(new Date(job.queue.nextAttemptAt)) <= EARLY_MS;
}

/** Returns whether no further attempt may start: all attempts were made, or the 7 days are over. */
export function isExhausted(job: Pick<Job, "attempt" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.attempt >= MAX_ATTEMPTS) return true;
  return job.queue !== undefined && msUntil(new Date(job.queue.expiresAt)) < -SLACK_MS;
}

/** Returns whether an attempt that starts one interval from now would exceed the limits of the queue. */
export function isLastAttempt(attempt: number, queue: Job["queue"], msUntil: (moment: Date) => number) {
  if (attempt >= MAX_ATTEMPTS) return true;
  const leftMs = queue === undefined ? Number.POSITIVE_INFINITY : msUntil(new Date(queue.expiresAt));
  return leftMs < RETRY_EVERY_SECONDS * 1000 - SLACK_MS;
}

/**
 * Returns the seconds until the next attempt of a job that is queued now. The first wait is longer by a share of the
 * spread, which depends on the job's id. All later waits have the same length, so that a burst of jobs stays spread.
 */
export function secondsToNextAttempt(job: Pick<Job, "id" | "queue">): number {
  return RETRY_EVERY_SECONDS + (job.queue === undefined ? spreadSeconds(job.id) : 0);
}

/** Returns a share of the spread, from the last digits of a random id. */
function spreadSeconds(jobId: string): number {
  return Math.floor((Number.parseInt(jobId.slice(-6), 16) / 0x1000000) * SPREAD_SECONDS);
}

/** Returns whether a further attempt would make the bank send a code, most likely to an absent user. */
export function needsTheUser({ authorization, queue }: Pick<Job, "authorization" | "queue">): boolean {
  if (!mayAskForMfa(authorization)) return false;
  return authorization === "user-mfa" || (queue?.unanswered ?? 0) >= MAX_UNANSWERED;
}

/** Returns whether a further attempt may need the login again. */
export function mayNeedLogin(job: Pick<Job, "kind" | "steps" | "queue">): boolean {
  if (!bringsLogin(job)) return false;
  if (statusOf(job.steps, VERIFY_CREDENTIALS) !== "success") return true;
  const asks = statusOf(job.steps, MFA_CHALLENGE);
  return job.queue !== undefined && asks !== undefined && !isOver(asks);
}

export interface Held {
  /** The number of attempts, including the attempt that ended now. */
  attempt: number;
  reason?: QueueReason | undefined;
}

/**
 * We remember this many upstream jobs. Older jobs in the aggregator's list are excluded by their age,
 * even if a clock is wrong.
 */
const KNOWN_UPSTREAM_JOBS = 10;

/** Queues the job until its next attempt, or fails it if no attempt is left. Resets all its steps to pending. */
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
      knownUpstreamJobIds: knownWith(
        job.knownUpstreamJobIds,
        job.upstreamJobId ?? job.blocked?.upstreamJobId,
      ),
      upstreamJobId: undefined,
      blocked: undefined,
      connectionId: kindOf(job) === "create" ? undefined : job.connectionId,
      followUntil: undefined,
      sealedTaskToken: undefined,
      queue: { ...times(job, clock), reason, unanswered: unanswered || undefined },
    },
  };
}

/**
 * Records that the aggregator holds the job in its own queue, or fails the job if no attempt is left. The aggregator
 * makes the attempts; we only poll, as often as we would make an attempt.
 */
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

/** Appends the id of an upstream job, and keeps the last {@link KNOWN_UPSTREAM_JOBS} ids. */
export function knownWith(known: readonly string[], upstreamJobId: string | undefined): string[] {
  const others = known.filter((id) => id !== upstreamJobId);
  return [...others, ...(upstreamJobId === undefined ? [] : [upstreamJobId])].slice(-KNOWN_UPSTREAM_JOBS);
}

function times(job: Job, clock: Clock): Pick<Queue, "nextAttemptAt" | "expiresAt"> {
  return {
    nextAttemptAt: clock.after(secondsToNextAttempt(job) * 1000).toISOString(),
    expiresAt: job.queue?.expiresAt ?? clock.after(QUEUE_LIMIT_SECONDS * 1000).toISOString(),
  };
}
