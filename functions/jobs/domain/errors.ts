import type { StepError } from "./steps.ts";

/*
 * Errors that the workflow catches or retries need a literal name: its ErrorEquals compares names.
 * No message holds anything that came from outside.
 */

/** The names by which the workflow retries or words an error. */
export const WORKFLOW_ERRORS = {
  upstreamUnavailable: "UpstreamUnavailable",
  institutionUnavailable: "InstitutionUnavailable",
  jobChanged: "JobChanged",
  jobMissing: "JobMissing",
  sealBroken: "SealBroken",
  /** Stands for every error that the workflow does not know. */
  taskFailed: "TaskFailed",
} as const;

/** Held to that list by its type: a function that no workflow runs has no list. */
type Names = typeof WORKFLOW_ERRORS;

/** Upstream gave no usable reply: none at all, a 5xx, or rubbish. What was asked for may have been done. */
export class UpstreamUnavailable extends Error {
  override readonly name: Names["upstreamUnavailable"] = "UpstreamUnavailable";
  /** We stopped waiting, but the request may still be on its way: a look right now proves nothing. */
  readonly mayStillArrive: boolean;
  /** Our API key cannot be read or is not taken, or a token that was just given for it is not. */
  readonly refusesOurKey: boolean;
  constructor({ mayStillArrive = false, refusesOurKey = false } = {}) {
    super("The aggregator gave no usable reply.");
    this.mayStillArrive = mayStillArrive;
    this.refusesOurKey = refusesOurKey;
  }
}

/** Upstream understood and said no. Nothing was done. */
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

/** The bank is down: the attempt is over, and the queue makes the next one. */
export class InstitutionUnavailable extends Error {
  override readonly name: Names["institutionUnavailable"] = "InstitutionUnavailable";
  constructor() {
    super("The institution is unavailable.");
  }
}

/** The job changed between the reading and the writing; read it again and decide anew. */
export class JobChanged extends Error {
  override readonly name: Names["jobChanged"] = "JobChanged";
  constructor() {
    super("The job was changed meanwhile.");
  }
}

/** A part that the request cannot do without is down, and nothing was kept. */
export class DependencyDown extends Error {
  override readonly name = "DependencyDown";
  constructor() {
    super("A dependency is down.");
  }
}

/** An execution without its row: nothing can be done for it. */
export class JobMissing extends Error {
  override readonly name: Names["jobMissing"] = "JobMissing";
  constructor() {
    super("The job does not exist.");
  }
}

/** A sealed secret is not whole, or lies where another one was put: somebody has moved it, and no retry helps. */
export class SealBroken extends Error {
  override readonly name = WORKFLOW_ERRORS.sealBroken;
  constructor() {
    super("A sealed secret does not open.");
  }
}

/** Whether the workflow knows an error by its name. */
export function isKnownToWorkflow(errorName: string): boolean {
  const known: readonly string[] = Object.values(WORKFLOW_ERRORS);
  return known.includes(errorName);
}

/** Whether it is one that comes in the course of things. */
export function isExpectedByWorkflow(errorName: string): boolean {
  return isKnownToWorkflow(errorName) && errorName !== WORKFLOW_ERRORS.sealBroken;
}
