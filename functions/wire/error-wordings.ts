import type { RefusalReason } from "../domain/refusal.ts";

interface Wording {
  status: number;
  code: string;
  title: string;
  detail?: string;
}

const NOT_SUPPLIED = {
  status: 400,
  code: "parameter-not-supplied",
  title: "Required parameter not supplied",
};
const NOT_VALID = { status: 400, code: "parameter-not-valid", title: "Required parameter not valid" };
const NOT_FOUND = { status: 404, code: "resource-not-found", title: "Requested resource is not found" };
const NOT_AUTHORIZED = {
  status: 401,
  code: "invalid-authorization-token",
  title: "Invalid authorization token.",
};

/** What a reply says for each reason: status, code and words. Without a detail, the field at fault makes it. */
export const WORDINGS: { [reason in RefusalReason | "internal"]: Wording } = {
  "not-json": {
    status: 400,
    code: "invalid-content",
    title: "Invalid content",
    detail: "Request body must be a JSON object.",
  },
  "body-too-large": {
    status: 413,
    code: "invalid-content",
    title: "Invalid content",
    detail: "Request body must not be larger than 16 KiB.",
  },
  "content-type-not-json": {
    status: 415,
    code: "unsupported-content-type",
    title: "Unsupported content type",
    detail: "Content type must be application/json.",
  },
  "content-type-not-form": {
    status: 415,
    code: "unsupported-content-type",
    title: "Unsupported content type",
    detail: "Content type must be application/x-www-form-urlencoded.",
  },
  "field-missing": NOT_SUPPLIED,
  "field-not-valid": NOT_VALID,
  "unknown-institution": { ...NOT_VALID, detail: "Requested institution does not exist." },
  "version-not-valid": {
    ...NOT_VALID,
    detail: "Basiq-version must be specified in HTTP request header",
  },
  "api-key-not-valid": {
    status: 404,
    code: "parameter-not-valid",
    title: "We have encountered an error",
    detail: "Unable to authenticate. Please, check your API key",
  },
  "token-not-valid": NOT_AUTHORIZED,
  "token-expired": {
    status: 403,
    code: "access-denied",
    title: "Access denied.",
    detail: "Token has expired",
  },
  "token-of-another-user": {
    status: 401,
    code: "unauthorized-access",
    title: "Unauthorized Access",
    detail: "You are not authorized to access this resource",
  },
  "scope-not-enough": {
    status: 403,
    code: "forbidden-access",
    title: "Forbidden Access",
    detail: "Access to this resource is forbidden.",
  },
  "job-not-found": { ...NOT_FOUND, detail: "Requested job does not exist." },
  "connection-not-found": { ...NOT_FOUND, detail: "Requested connection does not exist." },
  "job-over": {
    status: 409,
    code: "job-already-finished",
    title: "Job is already finished",
    detail: "The job is over and cannot be cancelled.",
  },
  "job-not-waiting": {
    status: 409,
    code: "job-not-queued",
    title: "Job is not queued",
    detail: "Only a job that is queued can be resumed.",
  },
  "too-many-refused-logins": {
    status: 429,
    code: "too-many-requests",
    title: "Too many requests",
    detail:
      "The institution refused several logins in a row. Further ones could lock the account: try again later.",
  },
  "idempotency-key-reused": {
    status: 422,
    code: "parameter-not-valid",
    title: "Required parameter not valid",
    detail: "Idempotency-Key was used with another request.",
  },
  "route-not-found": { ...NOT_FOUND, detail: "Requested route does not exist." },
  "method-not-allowed": {
    status: 405,
    code: "method-not-allowed",
    title: "Method not allowed",
    detail: "The method is not allowed for this resource.",
  },
  "challenge-not-active": {
    status: 409,
    code: "mfa-challenge-not-active",
    title: "MFA challenge is not active",
    detail: "The job does not wait for an MFA response.",
  },
  "challenge-over": {
    status: 410,
    code: "resource-no-longer-available",
    title: "Resource no longer available",
    detail: "The time for the MFA response is over.",
  },
  "answers-not-valid": {
    ...NOT_VALID,
    detail: "MFA response must hold one string for each input of the challenge.",
  },
  "service-unavailable": {
    status: 503,
    code: "service-unavailable",
    title: "Service Unavailable",
    detail: "Service Unavailable. Try again later.",
  },
  internal: {
    status: 500,
    code: "internal-server-error",
    title: "Internal Server error.",
    detail: "Internal Server error. Contact support.",
  },
};
