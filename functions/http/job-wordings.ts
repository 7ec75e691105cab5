import { NOT_FOUND, NOT_VALID, type Wordings } from "./error-wordings.ts";

/** For what can be wrong about a job that there is. */
export const JOB_WORDINGS = {
  "job-not-found": [...NOT_FOUND, "Requested job does not exist."],
  "job-over": [
    409,
    "job-already-finished",
    "Job is already finished",
    "The job is over and cannot be cancelled.",
  ],
  "job-not-waiting": [
    409,
    "job-not-queued",
    "Job is not queued",
    "Only a job that is queued can be resumed.",
  ],
  "challenge-not-active": [
    409,
    "mfa-challenge-not-active",
    "MFA challenge is not active",
    "The job does not wait for an MFA response.",
  ],
  "challenge-over": [
    410,
    "resource-no-longer-available",
    "Resource no longer available",
    "The time for the MFA response is over.",
  ],
  "answers-not-valid": [...NOT_VALID, "MFA response must hold one string for each input of the challenge."],
} satisfies Wordings;
