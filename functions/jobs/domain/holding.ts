import { MFA_EXPIRED, TEMPORARY_UNAVAILABLE } from "./failures.ts";
import { type Job, kindOf, type Queue, type QueueReason } from "./job.ts";
import type { Clock } from "./ports.ts";
import { isLastAttempt, QUEUE_LIMIT_SECONDS, secondsToNextAttempt } from "./queue.ts";
import { failCurrentStep, initialSteps, type StepError } from "./steps.ts";
import type { JobChange } from "./transitions.ts";

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
  return { event: "failed", changes: { attempt, steps: failCurrentStep(steps, error) } };
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
