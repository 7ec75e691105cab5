import { UpstreamRefused, UpstreamUnavailable } from "./errors.ts";
import { isOutage, outcomeOf, wasLeft } from "./failures.ts";
import { INSTITUTION_ID } from "./ids.ts";
import { isFinished, type Job, kindOf } from "./job.ts";
import { count, durationMs, MEASURED_STEPS, type Measurement, type UpstreamCall } from "./metrics.ts";
import { currentStep, statusOf } from "./steps.ts";
import type { JobEvent } from "./transitions.ts";

/** How many jobs run, or wait in the queue, and since when the oldest of them does (ISO 8601). */
export interface Counted {
  size: number;
  oldest?: string | undefined;
}

/** Yields the measurements of an event of a job, after the event was written. */
export function* measureChange(before: Job, event: JobEvent, after: Job): Iterable<Measurement> {
  const { phase } = before;
  if (event === "attemptStarted" && before.attempt === 0) yield count("JobsStarted");
  if (kindOf(before) === "adopt" && before.version === 1) yield count("JobsStarted");
  const isHeld = event === "heldUpstream" || (event === "attemptHeld" && after.queue?.reason === undefined);
  if (isHeld) yield count("AttemptsHeld");
  // Do not count a challenge that is opened again with another task token.
  if (event === "challengeOpened" && phase === "challenged") yield count("ChallengesOpened");
  if (event === "answerTaken") yield count("ChallengesAnswered");
  yield* measureStep(before, after);
  const outcome = isFinished(after) ? outcomeOf(after) : undefined;
  if (outcome !== undefined) {
    yield count("JobsFinished", "Outcome", outcome);
    yield durationMs("JobDuration", after.createdAt, after.updatedAt, "Outcome", outcome);
  }
  // A further attempt goes back to the queue when its challenge expires.
  const isExpired = event === "attemptHeld" || outcome === "mfa-expired";
  if (isExpired && phase === "awaiting-answer") yield count("ChallengesExpired");
  const blamesUpstream = isHeld || outcome === "unavailable" || (outcome === "timed-out" && !wasLeft(after));
  // Before the aggregator has accepted the login, the failed call itself is counted.
  if (blamesUpstream && before.upstreamJobId !== undefined) yield* upstreamError(before.institutionId);
}

/** Yields the measurements of a failed call to the aggregator, with its institution if it is known. */
export function* measureFailedCall(
  call: UpstreamCall,
  error: unknown,
  institutionId?: string,
): Iterable<Measurement> {
  if (error instanceof UpstreamRefused) {
    yield count("UpstreamRefusals", "Call", call);
    if (isOutage(error.problem.code)) yield* upstreamError(institutionId);
  } else if (error instanceof UpstreamUnavailable && error.refusesOurKey) {
    yield count("UpstreamKeyRefusals");
  } else if (error instanceof UpstreamUnavailable) {
    yield count("UpstreamFailures", "Call", call);
    yield* upstreamError(institutionId);
  }
}

/**
 * Measures the current step only. Later steps that have ended as well began and ended between two
 * polls, at unknown times.
 */
function* measureStep({ steps, stepSince }: Job, after: Job): Iterable<Measurement> {
  const current = currentStep(steps);
  if (current === undefined || stepSince === undefined) return;
  const status = statusOf(after.steps, current.title);
  if (status !== "success" && status !== "failed") return;
  const step = MEASURED_STEPS.find((title) => title === current.title) ?? "other";
  yield durationMs("StepDuration", stepSince, after.updatedAt, "Step", step);
}

/** Text of the aggregator that does not have the form of an institution id is never used as a dimension. */
function* upstreamError(institutionId = ""): Iterable<Measurement> {
  if (INSTITUTION_ID.test(institutionId)) yield count("UpstreamErrors", "Institution", institutionId);
}

/** The result of a sweep. */
export interface Swept {
  /** The number of repaired jobs, by kind of repair. */
  mended: { [what: string]: number };
  /** The number of jobs whose check failed. The next sweep checks them again. */
  failed: number;
  /** The time that a job was queued does not count. */
  running: Counted;
  /** Jobs that wait for their bank, or for their user. Absent if this sweep did not count them. */
  queued?: Counted | undefined;
}

/** How the sweeper repaired a job after a crash. */
export type Repair = "started" | "dropped" | "restarted" | "delivered" | "cleaned";

export type SweepResult = Repair | "nothing";

/** Wraps the check of each job. Returns the result of the check, or rethrows its error. */
export type SweepWatch = (jobId: string, look: () => Promise<SweepResult>) => Promise<SweepResult>;

/** Yields the measurements of a sweep. A few repaired jobs are the cost of crashes; many are a defect. */
export function* measureSweep({ mended, failed, running, queued }: Swept, now: Date): Iterable<Measurement> {
  const { nothing: _, ...real } = mended;
  const total = Object.values(real).reduce((sum, some) => sum + some, 0);
  yield { ...count("JobsMended"), value: total };
  yield { ...count("JobsNotSwept"), value: failed };
  yield { ...count("JobsRunning"), value: running.size };
  const at = now.toISOString();
  yield durationMs("OldestRunningJob", running.oldest ?? at, at);
  if (queued === undefined) return;
  yield { ...count("JobsQueued"), value: queued.size };
  yield durationMs("OldestQueuedJob", queued.oldest ?? at, at);
}
