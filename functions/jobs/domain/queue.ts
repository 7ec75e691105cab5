import type { Clock } from "./clock.ts";
import { failure, MFA_EXPIRED, TEMPORARY_UNAVAILABLE } from "./failures.ts";
import { mayAskForMfa } from "./institution.ts";
import {
  bringsLogin,
  generationOf,
  type Job,
  kindOf,
  type Queue,
  type QueueReason,
  type WaitsFor,
} from "./job.ts";
import {
  initialSteps,
  isOver,
  MFA_CHALLENGE,
  type StepError,
  statusOf,
  VERIFY_CREDENTIALS,
} from "./steps.ts";
import type { JobChange, OngoingChange } from "./transitions.ts";

const HOUR = 3600;
const MS = 1000;

/** The published queue: an attempt every 2 hours, at most 84 after the first attempt, which makes 7 days. */
export const RETRY_EVERY_SECONDS = 2 * HOUR;
const MAX_RETRIES = 84;
export const MAX_ATTEMPTS = MAX_RETRIES + 1;
export const QUEUE_LIMIT_SECONDS = MAX_RETRIES * RETRY_EVERY_SECONDS;

const EVERY_MS = RETRY_EVERY_SECONDS * MS;

/** The 84th retry is due at the very end of the 7 days, and starts a moment later. */
const SLACK_MS = EVERY_MS / 2;

/** Timers and clocks differ by less than this. */
const EARLY_MS = 60_000;

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

/** Returns whether no execution drives the job: it has a row and a sealed login until the sweeper wakes it. */
export function isParked({ phase, queue }: Pick<Job, "phase" | "queue">): boolean {
  return phase === "queued" && queue?.waitsFor !== undefined;
}

/** Returns whether the next attempt may start. A run that comes more than a minute too early is a repeated run. */
export function isDue(job: Pick<Job, "phase" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.phase !== "queued" || job.queue === undefined) return true;
  return msUntil(new Date(job.queue.nextAttemptAt)) <= EARLY_MS;
}

/**
 * Returns whether a job whose bank is back may make its next attempt before its time. It may be one attempt ahead of the published
 * pace: a bank that is back and fails again, over and over, must not use up the attempts of 7 days.
 */
export function mayTryEarly(
  { attempt }: Pick<Job, "attempt">,
  { expiresAt, uncounted = 1 }: Queue,
  { now, span }: Pick<Clock, "now" | "span">,
): boolean {
  const queuedAt = Date.parse(expiresAt) - span(QUEUE_LIMIT_SECONDS * MS);
  return attempt - uncounted <= (now().getTime() - queuedAt) / span(EVERY_MS);
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
  return leftMs < EVERY_MS - SLACK_MS;
}

type Spans = Pick<Clock, "span">;

/** Returns how many attempts are counted from the clock, at most, before the last attempt of the job. */
function countedAtMost({ attempt }: Pick<Job, "attempt">, queue: Queue, { span }: Spans): number {
  const leftMs = Date.parse(queue.expiresAt) - span(SLACK_MS) - Date.parse(queue.nextAttemptAt);
  return Math.max(0, Math.min(MAX_RETRIES - attempt, Math.floor(leftMs / span(EVERY_MS)) + 1));
}

/**
 * Returns a parked job with the attempts that its bank or its user did not let begin until now. They were due every two hours,
 * and nobody wrote them. The last attempt of a job is never counted from the clock: it is made, and ends the job if it fails.
 */
export function counted<Seen extends Pick<Job, "phase" | "attempt" | "updatedAt" | "queue">>(
  job: Seen,
  clock: Pick<Clock, "now" | "span">,
): Seen {
  const { queue } = job;
  if (queue === undefined || !isParked(job) || queue.waitsFor === "attempt") return job;
  const [first, everyMs] = [Date.parse(queue.nextAttemptAt), clock.span(EVERY_MS)];
  const passed = Math.floor((clock.now().getTime() - first) / everyMs) + 1;
  const count = Math.min(passed, countedAtMost(job, queue, clock));
  if (count <= 0) return job;
  const at = (index: number) => new Date(first + index * everyMs).toISOString();
  return {
    ...job,
    attempt: job.attempt + count,
    updatedAt: at(count - 1),
    queue: { ...queue, nextAttemptAt: at(count) },
  };
}

/** Returns when the sweeper has to make an attempt of a parked job: its next one, or the last one if the others are counted. */
export function attemptDueAt(job: Pick<Job, "attempt">, queue: Queue, clock: Spans): string {
  if (queue.waitsFor === "attempt") return queue.nextAttemptAt;
  const left = countedAtMost(job, queue, clock);
  return new Date(Date.parse(queue.nextAttemptAt) + left * clock.span(EVERY_MS)).toISOString();
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
  /** `bank` while the bank counts as down. Otherwise the job waits for its next attempt, or for its user. */
  waitsFor?: Exclude<WaitsFor, "user"> | undefined;
}

/**
 * We remember this many upstream jobs. Older jobs in the aggregator's list are excluded by their age,
 * even if a clock is wrong.
 */
const KNOWN_UPSTREAM_JOBS = 10;

/** Queues the job until its next attempt, or fails it if no attempt is left. Resets all its steps to pending. */
export function holdChange(job: Job, { attempt, reason, waitsFor }: Held, clock: Clock): JobChange {
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
      queue: {
        ...times(job, clock),
        waitsFor: reason === "ready-for-user" ? "user" : (waitsFor ?? "attempt"),
        reason,
        unanswered: unanswered || undefined,
        uncounted: job.queue === undefined ? attempt : job.queue.uncounted,
      },
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
      queue: { ...times(job, clock), waitsFor: "attempt", isUpstreams: true },
    },
  };
}

/**
 * Starts the next attempt of a parked job, whose next execution makes it. If attempts were counted from the clock, that execution
 * makes the last of them, late: a job that tries for all every two hours makes one attempt in two hours.
 */
export function wokenChange(given: Job, clock: Clock): OngoingChange {
  const job = counted(given, clock);
  const { queue, generation } = drivenAgain(job);
  const isLate = job.attempt > given.attempt && !isDue(job, clock.msUntil);
  const attempt = isLate ? job.attempt - 1 : job.attempt;
  const nextAttemptAt = clock.now().toISOString();
  return { event: "woken", changes: { attempt, generation, queue: queue && { ...queue, nextAttemptAt } } };
}

/** Starts an attempt of a queued job whose user is there. */
export function resumedChange(given: Job, clock: Clock): OngoingChange {
  const { attempt, queue, generation } = drivenAgain(counted(given, clock));
  const asked = queue && { ...queue, uncounted: (queue.uncounted ?? 1) + 1 };
  return { event: "resumed", changes: { attempt, generation, queue: asked } };
}

function drivenAgain({ attempt, queue, ...job }: Job): Pick<Job, "attempt" | "queue" | "generation"> {
  return {
    attempt,
    generation: generationOf(job) + 1,
    queue: queue && { ...queue, waitsFor: undefined },
  };
}

/** Parks a queued job that an execution of an earlier version holds. Its next attempt stays at its time. */
export function parkedChange({ queue }: Job): OngoingChange {
  return { event: "parked", changes: { queue: queue && { ...queue, waitsFor: "attempt" } } };
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
    nextAttemptAt: clock.after(EVERY_MS).toISOString(),
    expiresAt: job.queue?.expiresAt ?? clock.after(QUEUE_LIMIT_SECONDS * MS).toISOString(),
  };
}
