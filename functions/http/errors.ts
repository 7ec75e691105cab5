import type { Problem, RefusalReason } from "../jobs/domain/refusal.ts";
import type { ErrorReply } from "./reply-schemas.ts";

/** Without a `detail`, the reply derives its detail from the field that caused the error. */
type Words = readonly [status: number, code: string, title: string, detail?: string];

const NOT_SUPPLIED = [400, "parameter-not-supplied", "Required parameter not supplied"] as const;
const NOT_VALID = [400, "parameter-not-valid", "Required parameter not valid"] as const;
const NOT_FOUND = [404, "resource-not-found", "Requested resource is not found"] as const;
const NOT_ACCEPTED = [400, "invalid-content", "Invalid request content"] as const;
const UNAVAILABLE = [503, "service-unavailable", "Service Unavailable"] as const;
const TOO_MANY = [429, "too-many-requests", "Too many requests"] as const;
const NOT_VALID_CONTENT = [400, "invalid-content", "Invalid request content"] as const;
const OVER = [410, "resource-no-longer-available", "Resource no longer available"] as const;
const NOT_AUTHORIZED = [401, "invalid-authorization-token", "Invalid authorization token."] as const;

const INTERNAL: Words = [
  500,
  "internal-server-error",
  "Internal Server error.",
  "Internal Server error. Contact support.",
];

/** The status, code, title and detail of the reply for each reason. */
const WORDINGS: { readonly [reason in RefusalReason]: Words } = {
  "not-json": [400, "invalid-content", "Invalid content", "Request body must be a JSON object."],
  "body-too-large": [
    413,
    "invalid-content",
    "Invalid content",
    "Request body must not be larger than 16 KiB.",
  ],
  "message-too-large": [
    413,
    "invalid-content",
    "Invalid content",
    "Request body must not be larger than 64 KiB.",
  ],
  "statement-too-large": [
    413,
    "invalid-content",
    "Invalid content",
    "Request body must not be larger than 4.5 MB.",
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
  "connects-in-consent-ui": [
    400,
    "institution-not-supported",
    "Institution not supported",
    "The Consent UI makes connections and takes new credentials. Create a link to it with POST /users/{userId}/auth_link.",
  ],
  "token-not-valid": NOT_AUTHORIZED,
  "token-expired": [403, "access-denied", "Access denied.", "Token has expired"],
  "token-of-another-user": [
    401,
    "unauthorized-access",
    "Unauthorized Access",
    "You are not authorized to access this resource",
  ],
  "signature-not-valid": [
    401,
    "unauthorized-access",
    "Unauthorized Access",
    "The message is not signed with the secret of the webhook, or not within the last 5 minutes.",
  ],
  "scope-not-enough": [403, "forbidden-access", "Forbidden Access", "Access to this resource is forbidden."],
  "user-not-found": [...NOT_FOUND, "Requested user does not exist."],
  "resource-not-found": [...NOT_FOUND, "Requested resource does not exist."],
  "institution-not-found": [...NOT_FOUND, "Requested institution does not exist."],
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
  "service-unavailable": [...UNAVAILABLE, "Service Unavailable. Try again later."],
  "too-many-jobs": [...UNAVAILABLE, "Too many jobs run at the moment: try again later."],
  "event-not-found": [...NOT_FOUND, "Requested event does not exist."],
  "event-type-not-found": [...NOT_FOUND, "Requested event type does not exist."],
  "webhook-request-not-valid": [...NOT_ACCEPTED, "Posted request not valid."],
  "event-types-not-supported": [...NOT_ACCEPTED, "Posted subscribedEvents contains unsupported event types."],
  "event-type-not-supported": [...NOT_ACCEPTED, "Posted eventTypeId doesn't exists."],
  "no-webhooks-found": [
    400,
    "no-webhooks-found",
    "No webhooks found for an app",
    "No webhooks found for an app, at least one webhook should exist in the system",
  ],
  "webhook-id-not-valid": [
    400,
    "path-parameter-not-valid",
    "Parameter value is not valid",
    "Webhook ID value is not valid",
  ],
  "webhook-not-found": [...NOT_FOUND, "Webhook with provided id doesn't exist."],
  "message-not-found": [...NOT_FOUND, "Message not found."],
  "webhook-url-taken": [
    409,
    "resource-already-exists",
    "Resource already exists",
    "Webhook with provided url already exists.",
  ],
  "too-many-webhooks": [
    409,
    "too-many-webhooks",
    "Too many webhooks",
    "The limit of webhooks is reached. Delete one first.",
  ],
  "webhook-disabled": [
    409,
    "webhook-disabled",
    "Webhook is disabled",
    "Nothing is sent to a webhook that is disabled. Update it with the status 'active' first.",
  ],
  "filter-not-valid": [
    400,
    "parameter-not-valid",
    "Parameter value is not valid",
    "The provided filter parameter is in invalid format or unsupported",
  ],
  "query-too-long": [
    400,
    "parameter-not-valid",
    "Parameter value is not valid",
    "The query must not be longer than 8 KiB.",
  ],
  "receiver-not-valid": [
    ...NOT_VALID_CONTENT,
    "URL must be an absolute URL of at most 2,048 characters, without spaces, control characters and backslashes.",
  ],
  "receiver-not-https": [...NOT_VALID_CONTENT, "URL must start with https://."],
  "receiver-not-on-443": [...NOT_VALID_CONTENT, "URL must not have a port other than 443."],
  "receiver-with-login": [...NOT_VALID_CONTENT, "URL must not contain a user name or a password."],
  "receiver-is-own-host": [...NOT_VALID_CONTENT, "URL must not have the host of this API."],
  "receiver-not-public": [...NOT_VALID_CONTENT, "URL must have a host on the public Internet."],
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
  "challenge-over": [...OVER, "The time for the MFA response is over."],
  "answers-not-valid": [...NOT_VALID, "MFA response must hold one string for each input of the challenge."],
  "answer-refused": [400, "invalid-credentials", "MFA response was not accepted"],
  "refused-upstream": [502, "bad-gateway", "Bad gateway", "The aggregator refused the request."],
  "reply-too-large": [
    502,
    "reply-too-large",
    "Reply too large",
    "The reply is larger than 6 MB. Send 'Accept-Encoding: gzip', or ask for less with 'limit' or 'filter'.",
  ],
  "content-type-not-form": [
    415,
    "unsupported-content-type",
    "Unsupported content type",
    "Content type must be application/x-www-form-urlencoded.",
  ],
  "content-type-not-multipart": [
    415,
    "unsupported-content-type",
    "Unsupported content type",
    "Content type must be multipart/form-data.",
  ],
  "form-not-valid": [...NOT_VALID_CONTENT, "Request body must be a multipart form."],
  "institution-not-provided": [...NOT_VALID_CONTENT, "Institution ID not provided"],
  "statement-not-provided": [...NOT_VALID_CONTENT, "Statement not provided"],
  "origin-not-ours": [
    403,
    "forbidden-access",
    "Forbidden Access",
    "The request does not come from our page.",
  ],
  "auth-link-not-found": [...NOT_FOUND, "Requested auth link does not exist."],
  "auth-link-over": [...OVER, "The auth link has expired."],
  "action-not-in-direct": [
    ...NOT_VALID,
    "Only the Consent UI of the aggregator has this action: it needs version 3.0 of the aggregator's API.",
  ],
  "confirmation-missing": [
    ...NOT_VALID,
    'The action \'update\' may delete all connections of the user. Confirm it with "confirm": "deletes-connections".',
  ],
  "no-active-consent": [...NOT_VALID, "The user has no active consent to extend."],
  "return-url-not-listed": [
    ...NOT_VALID,
    "The returnUrl must be one of the addresses that this API was deployed with.",
  ],
  "link-not-found": [...NOT_FOUND, "Requested link does not exist."],
  "link-over": [...OVER, "The link is over."],
  "link-used": [...OVER, "Another browser has used the link."],
  "cookie-missing": [403, "access-denied", "Access denied.", "The browser sent no cookie."],
  "session-not-valid": [403, "access-denied", "Access denied.", "There is no session, or it has expired."],
  "state-not-valid": [...NOT_VALID, "The state is not valid."],
  "version-not-valid": [...NOT_VALID, "Basiq-version must be specified in HTTP request header"],
  "api-key-not-valid": [
    404,
    "parameter-not-valid",
    "We have encountered an error",
    "Unable to authenticate. Please, check your API key",
  ],
  "route-not-found": [...NOT_FOUND, "Requested route does not exist."],
  "method-not-allowed": [
    405,
    "method-not-allowed",
    "Method not allowed",
    "The method is not allowed for this resource.",
  ],
};

/** The names of fields in error texts, by the place of the field in the request. */
const CAPTIONS: { [place: string]: { [field: string]: string } } = {
  "": {
    connection: "Connection",
    userId: "User ID",
    filter: "Filter",
    limit: "Limit",
    next: "Next",
    wait: "Wait",
    while: "While",
    after: "After",
    from: "From",
    webhookId: "Webhook ID",
    scope: "Scope",
    url: "URL",
  },
  "connection/": {
    "institution.id": "Institution ID",
    loginId: "Login ID",
    password: "Password",
    userToken: "User token",
    securityCode: "Security code",
    secondaryLoginId: "Secondary login ID",
  },
  "webhook/": {
    name: "Name",
    description: "Description",
    url: "URL",
    subscribedEvents: "Subscribed events",
    payload: "Payload",
    ordering: "Ordering",
    status: "Status",
    overlapSeconds: "Overlap seconds",
    to: "To",
    only: "Only",
    eventTypeId: "Event type ID",
    Text: "Text",
  },
  "auth_link/": {
    mobile: "Mobile",
    action: "Action",
    institutionId: "Institution ID",
    connectionId: "Connection ID",
    returnUrl: "Return URL",
    state: "State",
    expiresInMinutes: "Expires in minutes",
    confirm: "Confirm",
  },
  "job/": { "mfa-response": "MFA response", jobIds: "Job IDs" },
  "header/": { "basiq-version": "Basiq-version", "Idempotency-Key": "Idempotency-Key" },
};

/** The status, code, title and detail of an error reply. */
export interface Wording {
  status: number;
  code: string;
  title: string;
  detail: string | undefined;
}

export function wordingOf(reason: RefusalReason | "internal"): Wording {
  const [status, code, title, detail] = reason === "internal" ? INTERNAL : WORDINGS[reason];
  return { status, code, title, detail };
}

/**
 * Renders the published error shape. The first problem determines the status: all problems of a
 * refusal are of one kind.
 */
export function renderErrors(
  correlationId: string,
  problems: readonly [Problem | "internal", ...Problem[]],
): { status: number; body: ErrorReply } {
  const [first] = problems;
  const wordingFor = (problem: Problem | "internal") =>
    wordingOf(problem === "internal" ? problem : problem.reason);
  const { status: ours } = wordingFor(first);
  const status = first === "internal" ? ours : (first.status ?? ours);
  const data = problems.map((problem) => errorItem(problem, wordingFor(problem)));
  return { status, body: { type: "list", correlationId, data } };
}

function errorItem(
  problem: Problem | "internal",
  { code, title, detail }: Wording,
): ErrorReply["data"][number] {
  if (problem !== "internal" && problem.words !== undefined) return { type: "error", ...problem.words };
  const { reason, field } = problem === "internal" ? { reason: problem, field: undefined } : problem;
  const [place, caption] = field === undefined ? [] : placeAndCaption(field);
  const words = detail ?? (caption && `${caption} parameter is ${endingFor(reason)}.`);
  return {
    type: "error",
    code,
    title,
    ...(words !== undefined && { detail: words }),
    ...(field !== undefined &&
      caption !== undefined && {
        source: { pointer: `${place}${field.replace(".", "/")}`, parameter: lastPart(field) },
      }),
  };
}

function placeAndCaption(field: string): (string | undefined)[] {
  for (const [place, captions] of Object.entries(CAPTIONS)) {
    if (captions[field] !== undefined) return [place, captions[field]];
  }
  return [];
}

function endingFor(reason: Problem["reason"] | "internal"): string {
  return reason === "field-missing" ? "required" : "not valid";
}

function lastPart(field: string): string {
  return field.slice(field.lastIndexOf(".") + 1);
}
