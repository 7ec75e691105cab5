import type { Clock } from "./clock.ts";
import { isFinished, type Job, kindOf } from "./job.ts";
import { RETRY_EVERY_SECONDS } from "./queue.ts";
import { statusOf, VERIFY_CREDENTIALS } from "./steps.ts";
import { type JobChange, type JobEvent, transition } from "./transitions.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A job that runs is looked at this long after it was accepted, which is longer than most jobs take, and then at this pace. */
const RUNNING_MS = 5 * MINUTE;
const ACCEPTED_MS = MINUTE;

/** The sweeper comes every minute, so that what is due at once is done within one. */
const AT_ONCE_MS = 0;

/** An answer that was kept and never came into the row is delivered while the bank still waits for it. */
const ANSWER_MS = 30 * SECOND;

/**
 * Nothing but somebody's hand ends the execution of a queued job: such a job goes on within a day. Every change of this time
 * is two writes of the index, so that it outlasts twelve attempts.
 */
const QUEUED_MS = 12.25 * RETRY_EVERY_SECONDS * SECOND;
const QUEUED_SLACK_MS = 5 * MINUTE;

/** When the sweeper looks at a job that nobody has touched since it was accepted. */
export function firstSweepAt(clock: Pick<Clock, "after">): string {
  return clock.after(ACCEPTED_MS).toISOString();
}

/**
 * When the sweeper looks at a job after an event. The time moves only where it must: most jobs end before it and cost the
 * index two writes. `undefined` for a job that is over and has left nothing to destroy.
 */
export function sweepAtAfter(
  before: Job,
  event: JobEvent,
  after: Job,
  clock: Pick<Clock, "after" | "msUntil">,
): string | undefined {
  const within = (ms: number) => clock.after(ms).toISOString();
  if (event === "restarted") return within(RUNNING_MS);
  if (isFinished(after) && leavesNothing(before, event)) return undefined;
  if (isFinished(after)) return within(mayGetAnswer(after) ? ANSWER_MS : AT_ONCE_MS);
  switch (after.phase) {
    case "queued":
      return isBeyondNextAttempt(before, clock) ? before.sweepAt : within(QUEUED_MS);
    case "awaiting-answer":
    case "answered":
      return within(ANSWER_MS);
    default:
      return before.phase === "queued" || before.sweepAt === undefined ? within(ACCEPTED_MS) : before.sweepAt;
  }
}

/**
 * Whether a request that found the job's challenge open may still be keeping an answer, although the job is over: it lives for
 * less time than the sweeper waits, and destroys what comes too late, unless it dies.
 */
export function mayGetAnswer({ challenge }: Pick<Job, "challenge">): boolean {
  return challenge !== undefined && challenge.isAnswered !== true;
}

/** When the sweeper looks again at a job that is well. */
export function nextSweepAt(job: Pick<Job, "phase">, clock: Pick<Clock, "after">): string {
  const waits = job.phase === "awaiting-answer" || job.phase === "answered";
  if (job.phase === "queued") return clock.after(QUEUED_MS).toISOString();
  return clock.after(waits ? ANSWER_MS : RUNNING_MS).toISOString();
}

/** When the sweeper tries again a job that it could not look at. */
export function retrySweepAt(clock: Pick<Clock, "after">): string {
  return clock.after(MINUTE).toISOString();
}

/**
 * Whoever follows a job destroys its login before the first look that finds the credentials verified already. Answers, and
 * what a job that failed has left, are destroyed after the end.
 */
function leavesNothing(before: Job, event: JobEvent): boolean {
  if (event !== "succeeded" || before.challenge !== undefined || before.queue !== undefined) return false;
  return kindOf(before) === "refresh" || statusOf(before.steps, VERIFY_CREDENTIALS) === "success";
}

function isBeyondNextAttempt({ phase, sweepAt }: Job, clock: Pick<Clock, "msUntil">): boolean {
  if (phase !== "queued" || sweepAt === undefined) return false;
  return clock.msUntil(new Date(sweepAt)) > RETRY_EVERY_SECONDS * SECOND + QUEUED_SLACK_MS;
}

/** The job as it is written after an event. Throws `IllegalTransition` when the event may not come in the job's phase. */
export function applyEvent(before: Job, change: JobChange, clock: Clock): Job {
  const after = transition(before, change, clock.now());
  return { ...after, sweepAt: sweepAtAfter(before, change.event, after, clock) };
}
