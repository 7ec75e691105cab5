import type { RefusalReason } from "../jobs/domain/refusal.ts";

/** Status, code, title, and words; without them, the field at fault makes them. Names would be there again for each. */
export type Wording = readonly [status: number, code: string, title: string, detail?: string];

export type Wordings = { readonly [reason in RefusalReason]?: Wording };

const NOT_SUPPLIED = [400, "parameter-not-supplied", "Required parameter not supplied"] as const;
export const NOT_VALID = [400, "parameter-not-valid", "Required parameter not valid"] as const;
export const NOT_FOUND = [404, "resource-not-found", "Requested resource is not found"] as const;
const TOO_MANY = [429, "too-many-requests", "Too many requests"] as const;
const NOT_AUTHORIZED = [401, "invalid-authorization-token", "Invalid authorization token."] as const;

export const INTERNAL: Wording = [
  500,
  "internal-server-error",
  "Internal Server error.",
  "Internal Server error. Contact support.",
];

/** What a reply says for each reason that many functions have. What few have is in their own lists. */
export const WORDINGS = {
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
  "field-missing": NOT_SUPPLIED,
  "field-not-valid": NOT_VALID,
  "unknown-institution": [...NOT_VALID, "Requested institution does not exist."],
  "token-not-valid": NOT_AUTHORIZED,
  "token-expired": [403, "access-denied", "Access denied.", "Token has expired"],
  "token-of-another-user": [
    401,
    "unauthorized-access",
    "Unauthorized Access",
    "You are not authorized to access this resource",
  ],
  "scope-not-enough": [403, "forbidden-access", "Forbidden Access", "Access to this resource is forbidden."],
  "connection-not-found": [...NOT_FOUND, "Requested connection does not exist."],
  "too-many-refused-logins": [
    ...TOO_MANY,
    "The institution refused several logins in a row. Further ones could lock the account: try again later.",
  ],
  "rate-exceeded": [...TOO_MANY, "The limit of requests in 5 minutes is reached: try again later."],
  "idempotency-key-reused": [
    422,
    "parameter-not-valid",
    "Required parameter not valid",
    "Idempotency-Key was used with another request.",
  ],
  "service-unavailable": [
    503,
    "service-unavailable",
    "Service Unavailable",
    "Service Unavailable. Try again later.",
  ],
} satisfies Wordings;
