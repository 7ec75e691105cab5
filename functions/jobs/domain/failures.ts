import { WORKFLOW_ERRORS } from "./errors.ts";
import type { Job } from "./job.ts";
import { errorCodeOf, failCurrentStep, MFA_CHALLENGE, type Step, type StepError } from "./steps.ts";
import type { EndingChange, JobChanges } from "./transitions.ts";

/** Ends a job by failing its current step. All changes that fail a job are made here. */
export function failure(
  { steps }: { steps: readonly Step[] },
  error: StepError,
  also: Omit<JobChanges, "steps"> = {},
): EndingChange {
  return { event: "failed", changes: { ...also, steps: failCurrentStep(steps, error) } };
}

/** The failures that follow have our own texts. Every other failure keeps the aggregator's texts. */
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

/** For an adopted job: open banking leads the user to the bank's own site, and the user never came back from it. */
export const USER_LEFT: StepError = {
  code: JOB_TIMED_OUT.code,
  title: JOB_TIMED_OUT.title,
  detail: "The user left before the institution had confirmed the connection. Please try again.",
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

/** The failure after the last attempt of the queue. The texts are published. */
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

const OUR_FAILURES: readonly StepError[] = [
  MFA_EXPIRED,
  JOB_TIMED_OUT,
  USER_LEFT,
  SERVICE_UNAVAILABLE,
  JOB_CANCELLED,
  TEMPORARY_UNAVAILABLE,
  INTERNAL_ERROR,
];

/** Returns whether we decided on this failure, and not the aggregator. */
export function isOurFailure({ code, detail }: StepError): boolean {
  return OUR_FAILURES.some((ours) => ours.code === code && ours.detail === detail);
}

/** Returns the step error for the name of the error that ended an execution. */
export function failureFor(errorName: string): StepError {
  switch (errorName) {
    case WORKFLOW_ERRORS.upstreamUnavailable:
      return SERVICE_UNAVAILABLE;
    default:
      return INTERNAL_ERROR;
  }
}

/** Codes in the aggregator's first step that blame the bank, and not the login. */
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

/** The bank wants something of the user, such as new terms to be accepted on its own site. */
export const USER_ACTION_REQUIRED = "account-not-accessible-requires-user-action";

/**
 * The code in the aggregator's first step, while that step is pending, if the aggregator holds
 * the job in its own queue.
 */
export const QUEUED_UPSTREAM = "temporary-unavailable-queued";

/** The bank refused the login. After a few such refusals in a row, the bank locks the account. */
export const CREDENTIALS_REFUSED = "invalid-credentials";

/** For a login that was refused, if the aggregator's own texts were lost. */
export const LOGIN_REFUSED: StepError = {
  code: CREDENTIALS_REFUSED,
  title: "Cannot login to target institution",
  detail: "The institution did not accept the credentials.",
};

/**
 * The outcomes of jobs, for metrics. The list is short and fixed, because the codes of failed steps are any text
 * that the aggregator sends.
 */
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

/**
 * Returns the outcome of a finished job. `unavailable` means the bank, or the aggregator as a whole:
 * both use the same codes.
 */
export function outcomeOf({ phase, steps }: Pick<Job, "phase" | "steps">): Outcome {
  if (phase === "succeeded") return "succeeded";
  const failed = steps.find(({ status }) => status === "failed");
  const code = errorCodeOf(failed) ?? "";
  if (isOutage(code)) return "unavailable";
  const outcome = OUTCOME_OF_CODE.get(code) ?? "other";
  // A wrong MFA answer has the same code as a wrong password.
  const mayBeTheAnswer = outcome === "credentials-refused" || outcome === "other";
  return mayBeTheAnswer && failed?.title === MFA_CHALLENGE ? "mfa-failed" : outcome;
}

/** Returns whether the job failed because its user left: neither the bank nor the aggregator is to blame. */
export function wasLeft({ steps }: Pick<Job, "steps">): boolean {
  return steps.some(
    ({ result }) => result !== null && "code" in result && result.detail === USER_LEFT.detail,
  );
}

export function wasCancelled({ steps }: Pick<Job, "steps">): boolean {
  return steps.some((step) => errorCodeOf(step) === JOB_CANCELLED.code);
}
