import { WORKFLOW_ERRORS } from "./errors.ts";
import type { StepError } from "./steps.ts";

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
