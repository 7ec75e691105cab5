import type { RefusalReason } from "../domain/refusal.ts";

/** Status, code, title, and words; without them, the field at fault makes them. Names would be there again for each. */
type Wording = readonly [status: number, code: string, title: string, detail?: string];

const NOT_SUPPLIED = [400, "parameter-not-supplied", "Required parameter not supplied"] as const;
const NOT_VALID = [400, "parameter-not-valid", "Required parameter not valid"] as const;
const NOT_FOUND = [404, "resource-not-found", "Requested resource is not found"] as const;
const NOT_AUTHORIZED = [401, "invalid-authorization-token", "Invalid authorization token."] as const;

/** What a reply says for each reason. */
export const WORDINGS: { [reason in RefusalReason | "internal"]: Wording } = {
  "not-json": [400, "invalid-content", "Invalid content", "Request body must be a JSON object."],
  "body-too-large": [
    413,
    "invalid-content",
    "Invalid content",
    "Request body must not be larger than 16 KiB.",
  ],
  "content-type-not-json": [
    415,
    "unsupported-content-type",
    "Unsupported content type",
    "Content type must be application/json.",
  ],
  "content-type-not-form": [
    415,
    "unsupported-content-type",
    "Unsupported content type",
    "Content type must be application/x-www-form-urlencoded.",
  ],
  "field-missing": NOT_SUPPLIED,
  "field-not-valid": NOT_VALID,
  "unknown-institution": [...NOT_VALID, "Requested institution does not exist."],
  "version-not-valid": [...NOT_VALID, "Basiq-version must be specified in HTTP request header"],
  "api-key-not-valid": [
    404,
    "parameter-not-valid",
    "We have encountered an error",
    "Unable to authenticate. Please, check your API key",
  ],
  "token-not-valid": NOT_AUTHORIZED,
  "token-expired": [403, "access-denied", "Access denied.", "Token has expired"],
  "token-of-another-user": [
    401,
    "unauthorized-access",
    "Unauthorized Access",
    "You are not authorized to access this resource",
  ],
  "scope-not-enough": [403, "forbidden-access", "Forbidden Access", "Access to this resource is forbidden."],
  "job-not-found": [...NOT_FOUND, "Requested job does not exist."],
  "connection-not-found": [...NOT_FOUND, "Requested connection does not exist."],
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
  "too-many-refused-logins": [
    429,
    "too-many-requests",
    "Too many requests",
    "The institution refused several logins in a row. Further ones could lock the account: try again later.",
  ],
  "idempotency-key-reused": [
    422,
    "parameter-not-valid",
    "Required parameter not valid",
    "Idempotency-Key was used with another request.",
  ],
  "route-not-found": [...NOT_FOUND, "Requested route does not exist."],
  "method-not-allowed": [
    405,
    "method-not-allowed",
    "Method not allowed",
    "The method is not allowed for this resource.",
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
  "service-unavailable": [
    503,
    "service-unavailable",
    "Service Unavailable",
    "Service Unavailable. Try again later.",
  ],
  internal: [
    500,
    "internal-server-error",
    "Internal Server error.",
    "Internal Server error. Contact support.",
  ],
};
