import type { StepError } from "./steps.ts";

/*
 * An error that the workflow catches or retries needs a literal name, because its `ErrorEquals` compares names. No
 * message contains text from outside.
 */

/** The names by which the workflow retries an error or words the failure of a job. */
export const WORKFLOW_ERRORS = {
  upstreamUnavailable: "UpstreamUnavailable",
  jobChanged: "JobChanged",
  jobMissing: "JobMissing",
  sealBroken: "SealBroken",
  /** Replaces every error that the workflow does not know. */
  taskFailed: "TaskFailed",
} as const;

/**
 * Ties the classes below to that list by type only, so that functions outside the workflow do not contain the list.
 */
type Names = typeof WORKFLOW_ERRORS;

interface Unavailability {
  mayStillArrive?: boolean;
  refusesOurKey?: boolean;
  retryAfterMs?: number | undefined;
}

/**
 * The aggregator gave no usable reply: no reply, a 5xx, or a malformed reply. The aggregator may
 * have executed the request.
 */
export class UpstreamUnavailable extends Error {
  override readonly name: Names["upstreamUnavailable"] = "UpstreamUnavailable";
  /** True if we stopped waiting and the request may still arrive: a check right now proves nothing. */
  readonly mayStillArrive: boolean;
  /** True if our API key cannot be read or is rejected, or if a token just issued for the key is rejected. */
  readonly refusesOurKey: boolean;
  /** How long the aggregator asked us to send nothing, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  constructor({ mayStillArrive = false, refusesOurKey = false, retryAfterMs }: Unavailability = {}) {
    super("The aggregator gave no usable reply.");
    this.mayStillArrive = mayStillArrive;
    this.refusesOurKey = refusesOurKey;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The aggregator understood the request, refused it and did nothing. */
export class UpstreamRefused extends Error {
  override readonly name = "UpstreamRefused";
  readonly status: number;
  readonly problem: StepError;
  constructor(status: number, problem: StepError) {
    super("The aggregator refused the request.");
    this.status = status;
    this.problem = problem;
  }
}

/** Another writer changed the job after we read it. Read the job again, and decide again. */
export class JobChanged extends Error {
  override readonly name: Names["jobChanged"] = "JobChanged";
  constructor() {
    super("The job was changed meanwhile.");
  }
}

/** A dependency of the request is down, and nothing was stored. */
export class DependencyDown extends Error {
  override readonly name = "DependencyDown";
  constructor() {
    super("A dependency is down.");
  }
}

/** An execution has no job: the row does not exist, and nothing can be done. */
export class JobMissing extends Error {
  override readonly name: Names["jobMissing"] = "JobMissing";
  constructor() {
    super("The job does not exist.");
  }
}

/** A sealed secret is damaged, or was moved from another row. Retries do not help. */
export class SealBroken extends Error {
  override readonly name = WORKFLOW_ERRORS.sealBroken;
  constructor() {
    super("A sealed secret does not open.");
  }
}

export function isKnownToWorkflow(errorName: string): boolean {
  const known: readonly string[] = Object.values(WORKFLOW_ERRORS);
  return known.includes(errorName);
}

/** Returns whether an error of this name occurs in normal operation. */
export function isExpectedByWorkflow(errorName: string): boolean {
  return isKnownToWorkflow(errorName) && errorName !== WORKFLOW_ERRORS.sealBroken;
}
