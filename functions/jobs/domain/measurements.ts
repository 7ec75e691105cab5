import { UpstreamRefused, UpstreamUnavailable } from "./errors.ts";
import { isOutage, outcomeOf } from "./failures.ts";
import { INSTITUTION_ID } from "./ids.ts";
import { isFinished, type Job } from "./job.ts";
import { count, durationMs, MEASURED_STEPS, type Measurement, type UpstreamCall } from "./metrics.ts";
import { currentStep, statusOf } from "./steps.ts";
import type { JobEvent } from "./transitions.ts";

export interface Census {
  /** Jobs that wait for their bank, or for their user. */
  queued: number;
  running: number;
  /** ISO 8601, as is the other. */
  oldestQueued?: string | undefined;
  /** The time for which a job was queued does not count. */
  oldestRunning?: string | undefined;
}

/** What an event of a job adds to the metrics, once it is written. */
export function* measureChange(before: Job, event: JobEvent, after: Job): Iterable<Measurement> {
  const { phase } = before;
  if (event === "attemptStarted" && before.attempt === 0) yield count("JobsStarted");
  const isHeld = event === "heldUpstream" || (event === "attemptHeld" && after.queue?.reason === undefined);
  if (isHeld) yield count("AttemptsHeld");
  // Not when it is shown again, under another task token.
  if (event === "challengeOpened" && phase === "challenged") yield count("ChallengesOpened");
  if (event === "answerTaken") yield count("ChallengesAnswered");
  yield* measureStep(before, after);
  const outcome = isFinished(after) ? outcomeOf(after) : undefined;
  if (outcome !== undefined) {
    yield count("JobsFinished", "Outcome", outcome);
    yield durationMs("JobDuration", after.createdAt, after.updatedAt, "Outcome", outcome);
  }
  // A further attempt's job goes back to the queue.
  const isExpired = event === "attemptHeld" || outcome === "mfa-expired";
  if (isExpired && phase === "awaiting-answer") yield count("ChallengesExpired");
  const blamesUpstream = isHeld || outcome === "unavailable" || outcome === "timed-out";
  // Until upstream has taken the login, its call was counted.
  if (blamesUpstream && before.upstreamJobId !== undefined) yield* upstreamError(before.institutionId);
}

/** What a call of upstream that ended in an error adds, at the institution that it was made for, where it is known. */
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

/** Steps behind the current one that ended too began and ended between two looks: nobody knows when. */
function* measureStep({ steps, stepSince }: Job, after: Job): Iterable<Measurement> {
  const current = currentStep(steps);
  if (current === undefined || stepSince === undefined) return;
  const status = statusOf(after.steps, current.title);
  if (status !== "success" && status !== "failed") return;
  const step = MEASURED_STEPS.find((title) => title === current.title) ?? "other";
  yield durationMs("StepDuration", stepSince, after.updatedAt, "Step", step);
}

/** Upstream's text that has not the form of an institution's id is no dimension. */
function* upstreamError(institutionId = ""): Iterable<Measurement> {
  if (INSTITUTION_ID.test(institutionId)) yield count("UpstreamErrors", "Institution", institutionId);
}

/** What a sweep did and found. */
export interface Swept {
  /** Jobs by what was mended of them. */
  mended: { [what: string]: number };
  /** Jobs that could not be looked at; the next sweep does. */
  failed: number;
  census: Census;
}

/** What a crash had left of a job, and the sweeper has mended. */
export type Mended = "started" | "dropped" | "restarted" | "delivered" | "cleaned";

export type Looked = Mended | "nothing";

/** Stands around the look at each job: passes on what was mended, or the error. */
export type SweepWatch = (jobId: string, look: () => Promise<Looked>) => Promise<Looked>;

/** Jobs that are mended now and then are the price of crashes; many are a defect. */
export function* measureSweep({ mended, failed, census }: Swept, now: Date): Iterable<Measurement> {
  const { nothing: _, ...real } = mended;
  const total = Object.values(real).reduce((sum, some) => sum + some, 0);
  yield { ...count("JobsMended"), value: total };
  yield { ...count("JobsNotSwept"), value: failed };
  yield { ...count("JobsQueued"), value: census.queued };
  yield { ...count("JobsRunning"), value: census.running };
  const at = now.toISOString();
  yield durationMs("OldestQueuedJob", census.oldestQueued ?? at, at);
  yield durationMs("OldestRunningJob", census.oldestRunning ?? at, at);
}
