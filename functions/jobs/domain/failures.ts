import { WORKFLOW_ERRORS } from "./errors.ts";
import type { Job } from "./job.ts";
import { errorCodeOf, failCurrentStep, MFA_CHALLENGE, type Step, type StepError } from "./steps.ts";
import type { EndingChange, JobChanges } from "./transitions.ts";

/** Ends a job by failing its current step. The one place that makes a change of this kind. */
export function failure(
  { steps }: { steps: readonly Step[] },
  error: StepError,
  also: Omit<JobChanges, "steps"> = {},
): EndingChange {
  return { event: "failed", changes: { ...also, steps: failCurrentStep(steps, error) } };
}

/** The failures that are ours to word; every other one is passed on as upstream gave it. */
export const MFA_EXPIRED: StepError = {
  code: "mfa-expired",
  title: "MFA challenge expired",
  detail: "The MFA challenge was not answered in time.",
};

export const JOB_TIMED_OUT: StepError = {
  code: "job-timed-out",
  title: "Job timed out",
  detail: "The institution did not finish in time. Please try again later.",
};

export const SERVICE_UNAVAILABLE: StepError = {
  code: "service-unavailable",
  title: "Service Unavailable",
  detail: "The service that connects to the institution could not be reached. Please try again later.",
};

export const JOB_CANCELLED: StepError = {
  code: "job-cancelled",
  title: "Job cancelled",
  detail: "The job was cancelled.",
};

/** The end of the queue. The published wording. */
export const TEMPORARY_UNAVAILABLE: StepError = {
  code: "temporary-unavailable",
  title: "Institution temporary unavailable",
  detail: "3rd party service temporary unavailable. Please try again later.",
};

export const INTERNAL_ERROR: StepError = {
  code: "internal-server-error",
  title: "Internal server error",
  detail: "The job could not be completed.",
};

/** The step error for the name of the error that ended an execution. */
export function failureFor(errorName: string): StepError {
  switch (errorName) {
    case WORKFLOW_ERRORS.institutionUnavailable:
      return TEMPORARY_UNAVAILABLE;
    case WORKFLOW_ERRORS.upstreamUnavailable:
      return SERVICE_UNAVAILABLE;
    default:
      return INTERNAL_ERROR;
  }
}

/** Codes with which upstream's first step says that the bank, not the login, is the trouble. */
const OUTAGE_CODES: readonly string[] = [
  "service-unavailable",
  "system-unavailable",
  "temporary-unavailable",
  "maintenance",
  "maintenance-error",
  "institution-not-available",
  "connector-error",
];

export function isOutage(code: string): boolean {
  return OUTAGE_CODES.includes(code);
}

/** With which upstream's first step says, while it is still to come, that upstream itself holds the job in a queue. */
export const QUEUED_UPSTREAM = "temporary-unavailable-queued";

/** The bank did not take the login: a few in a row, and it locks the account. */
export const CREDENTIALS_REFUSED = "invalid-credentials";

/** For a login of which we know only that it was refused: upstream's own words were lost. */
export const LOGIN_REFUSED: StepError = {
  code: CREDENTIALS_REFUSED,
  title: "Cannot login to target institution",
  detail: "The institution did not accept the credentials.",
};

/** How jobs end, for counting. Few and fixed: the codes of failed steps are whatever text upstream sends. */
export const OUTCOMES = [
  "succeeded",
  "credentials-refused",
  "mfa-expired",
  "mfa-failed",
  "timed-out",
  "cancelled",
  "unavailable",
  "internal",
  "other",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOME_OF_CODE = new Map<string, Outcome>([
  ["invalid-credentials", "credentials-refused"],
  ["mfa-expired", "mfa-expired"],
  ["job-timed-out", "timed-out"],
  [JOB_CANCELLED.code, "cancelled"],
  ["internal-server-error", "internal"],
]);

/** Of a job that is over. `unavailable` is the bank, or upstream as a whole: they share their codes. */
export function outcomeOf({ phase, steps }: Pick<Job, "phase" | "steps">): Outcome {
  if (phase === "succeeded") return "succeeded";
  const failed = steps.find(({ status }) => status === "failed");
  const code = errorCodeOf(failed) ?? "";
  if (isOutage(code)) return "unavailable";
  const outcome = OUTCOME_OF_CODE.get(code) ?? "other";
  // A wrong answer has the code of a wrong password.
  const mayBeTheAnswer = outcome === "credentials-refused" || outcome === "other";
  return mayBeTheAnswer && failed?.title === MFA_CHALLENGE ? "mfa-failed" : outcome;
}

export function wasCancelled({ steps }: Pick<Job, "steps">): boolean {
  return steps.some((step) => errorCodeOf(step) === JOB_CANCELLED.code);
}
