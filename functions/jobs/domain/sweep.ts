import type { Clock } from "./clock.ts";
import { bringsLogin, isFinished, type Job } from "./job.ts";
import { eventCountAfter } from "./job-events.ts";
import { attemptDueAt, isParked } from "./queue.ts";
import { IN_FLIGHT_MS } from "./sending.ts";
import { statusOf, VERIFY_CREDENTIALS } from "./steps.ts";
import { type JobChange, type JobEvent, transition } from "./transitions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * The sweeper checks a running job one minute after its acceptance, which is longer than most jobs take,
 * and then every 5 minutes.
 */
const RUNNING_MS = 5 * MINUTE;
const ACCEPTED_MS = MINUTE;

/** Due at once: the sweeper runs every minute, so it checks the job within one minute. */
const AT_ONCE_MS = 0;

/** The write of a login is in transit for at most this long. */
const LATE_LOGIN_MS = IN_FLIGHT_MS;

/** An answer that was stored, but never recorded in the row, is sent while the bank still waits for it. */
const ANSWER_MS = 30 * SECOND;

/** Returns when the sweeper checks a job that has not changed since its acceptance (ISO 8601). */
export function firstSweepAt(clock: Pick<Clock, "after">): string {
  return clock.after(ACCEPTED_MS).toISOString();
}

/**
 * Returns when the sweeper checks a job after an event (ISO 8601). The time changes only if it has to: most jobs end
 * before it, and cost two writes to the index. Returns `undefined` for a finished job that has nothing to clean up.
 */
export function sweepAtAfter(
  before: Job,
  event: JobEvent,
  after: Job,
  clock: Pick<Clock, "after" | "span">,
): string | undefined {
  const within = (ms: number) => clock.after(ms).toISOString();
  if (event === "restarted") return within(RUNNING_MS);
  if (isFinished(after) && leavesNothing(before, event)) return undefined;
  if (isFinished(after) && after.isRepeated) return within(LATE_LOGIN_MS);
  if (isFinished(after)) return within(mayGetSecret(after) ? ANSWER_MS : AT_ONCE_MS);
  if (isParked(after) && after.queue !== undefined) return attemptDueAt(after, after.queue, clock);
  switch (after.phase) {
    case "queued":
      return within(ACCEPTED_MS);
    case "awaiting-answer":
    case "answered":
      return within(ANSWER_MS);
    default:
      return before.phase === "queued" || before.sweepAt === undefined ? within(ACCEPTED_MS) : before.sweepAt;
  }
}

/**
 * Returns whether a secret may still be stored, although the job is finished. A request that found the job's challenge
 * open may store an answer. Such a request ends before the sweeper checks the job, and deletes an answer that comes too
 * late, unless it dies. If an earlier run of the request that created the job died while it stored the login, that write
 * may still arrive.
 */
export function mayGetSecret({ challenge, isRepeated }: Pick<Job, "challenge" | "isRepeated">): boolean {
  return isRepeated === true || (challenge !== undefined && challenge.isAnswered !== true);
}

/** Returns when the sweeper checks a healthy job again (ISO 8601). */
export function nextSweepAt(job: Pick<Job, "phase">, clock: Pick<Clock, "after">): string {
  const waits = job.phase === "awaiting-answer" || job.phase === "answered";
  return clock.after(waits ? ANSWER_MS : RUNNING_MS).toISOString();
}

/** Returns when the sweeper retries a job whose check failed (ISO 8601). */
export function retrySweepAt(clock: Pick<Clock, "after">): string {
  return clock.after(MINUTE).toISOString();
}

/**
 * Returns whether the event leaves nothing to clean up. A succeeded job has nothing to clean up if its login was
 * deleted when the bank verified it. Answers, and all secrets of a failed job, are deleted after the end.
 */
function leavesNothing(before: Job, event: JobEvent): boolean {
  if (event !== "succeeded" || before.isRepeated) return false;
  if (before.challenge !== undefined || before.queue !== undefined) return false;
  return !bringsLogin(before) || statusOf(before.steps, VERIFY_CREDENTIALS) === "success";
}

/**
 * Returns the job to write after an event. Throws `IllegalTransition` if the job's phase does not allow the event.
 */
export function applyEvent(before: Job, change: JobChange, clock: Clock): Job {
  const after = transition(before, change, clock.now());
  return {
    ...after,
    sweepAt: sweepAtAfter(before, change.event, after, clock),
    eventCount: eventCountAfter(before, after) || undefined,
  };
}
