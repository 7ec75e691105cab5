import { jsonReply, type Reply } from "./reply.ts";

type ErrorEntry = {
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly source?: { readonly pointer?: string; readonly parameter?: string };
};

/** An error reply in the published format. */
export type Refusal = {
  readonly status: number;
  readonly errors: readonly ErrorEntry[];
  readonly headers?: Readonly<Record<string, string>>;
};

export function refusalReply(refusal: Refusal, correlationId: string): Reply {
  const data = refusal.errors.map((error) => ({ type: "error", ...error }));
  return jsonReply(refusal.status, { type: "list", correlationId, data }, refusal.headers);
}

function refusal(status: number, code: string, title: string, detail?: string): Refusal {
  return { status, errors: [{ code, title, ...(detail === undefined ? {} : { detail }) }] };
}

export type Resource =
  | "route"
  | "user"
  | "institution"
  | "connector"
  | "connection"
  | "job"
  | "account"
  | "transaction"
  | "identity"
  | "affordability"
  | "income"
  | "expenses"
  | "consent"
  | "event"
  | "event type";

export function notFound(resource: Resource): Refusal {
  return refusal(
    404,
    "resource-not-found",
    "Requested resource is not found",
    `Requested ${resource} does not exist.`,
  );
}

export function notValid(detail: string, parameter: string, pointer = parameter): Refusal {
  const title = "Required parameter not valid";
  return {
    status: 400,
    errors: [{ code: "parameter-not-valid", title, detail, source: { pointer, parameter } }],
  };
}

export function notSupplied(
  missing: readonly { readonly detail: string; readonly pointer: string; readonly parameter: string }[],
): Refusal {
  const title = "Required parameter not supplied";
  const errors = missing.map(({ detail, ...source }) => ({
    code: "parameter-not-supplied",
    title,
    detail,
    source,
  }));
  return { status: 400, errors };
}

export const neitherEmailNorMobile: Refusal = {
  status: 400,
  errors: [
    {
      code: "parameter-not-supplied",
      title: "Required parameter not supplied",
      detail: "One of 'email' or 'mobile' is required.",
      source: {},
    },
  ],
};

function queryNotValid(parameter: string, detail: string): Refusal {
  const title = "Parameter value is not valid";
  return { status: 400, errors: [{ code: "parameter-not-valid", title, detail, source: { parameter } }] };
}

export const filterNotValid = queryNotValid(
  "filter",
  "The provided filter parameter is in invalid format or unsupported",
);

export const limitNotValid = queryNotValid("limit", "Limit must be a whole number from 1 to 500.");
export const nextNotValid = queryNotValid(
  "next",
  "The next parameter is not one that this list has returned.",
);

export function methodNotAllowed(allowed: readonly string[]): Refusal {
  return {
    ...refusal(405, "method-not-allowed", "Method not allowed", "Requested method is not supported."),
    headers: { allow: allowed.join(", ") },
  };
}

function requestNotValid(detail: string): Refusal {
  return refusal(400, "invalid-content", "Invalid request content", detail);
}

function invalidContent(status: number, detail: string): Refusal {
  return refusal(status, "invalid-content", "Invalid content", detail);
}

export const notJson = invalidContent(400, "Request body is not a JSON object.");
export const notJsonList = invalidContent(400, "Request body is not a JSON list.");
export const tooLarge = invalidContent(413, "Request body is too large.");
export const notMultipart = invalidContent(400, "Request body is not a multipart form.");
export const noInstitutionGiven = requestNotValid("Institution ID not provided");
export const noStatementGiven = requestNotValid("Statement not provided");
export const noStatements = refusal(
  400,
  "institution-not-supported",
  "Institution not supported",
  "The institution does not support the upload of statements.",
);
export const notJsonType = refusal(
  415,
  "unsupported-content-type",
  "Unsupported content type",
  "Content-Type must be application/json.",
);
export const unknownKey = refusal(
  404,
  "parameter-not-valid",
  "We have encountered an error",
  "Unable to authenticate. Please, check your API key",
);
export const unknownToken = refusal(401, "invalid-authorization-token", "Invalid authorization token.");
export const expiredToken = refusal(403, "access-denied", "Access denied.", "Token has expired");
export const scopeNotEnough = refusal(
  403,
  "forbidden-access",
  "Forbidden Access",
  "Access to this resource is forbidden.",
);
/** Published: since version 3.0, attempts to create a connection directly are not successful. */
export const onlyInConsentUi = refusal(
  403,
  "forbidden-access",
  "Forbidden Access",
  "Connections are created in the Consent UI only.",
);
/** Published: the Consent UI needs a client token that is bound to a user. */
export const tokenNotBound = refusal(
  400,
  "missing-attributes",
  "Missing attributes",
  "The access token is not bound to a user.",
);
export const notOfThree = refusal(
  403,
  "forbidden-access",
  "Forbidden Access",
  "The Consent UI needs an access token of version 3.0.",
);
export const challengeNotActive = refusal(
  409,
  "mfa-challenge-not-active",
  "MFA challenge is not active",
  "Job is not waiting for a MFA response.",
);
/** Published: a purge is only for active connections. */
export const purgeNeedsActive = notValid("Connection is not active.", "connectionId", "path/connectionId");
export const challengeOver = refusal(
  410,
  "resource-no-longer-available",
  "Requested resource is no longer available",
  "MFA challenge has expired.",
);
export const institutionDown = refusal(
  503,
  "service-unavailable",
  "Service unavailable",
  "Institution is currently not available. Please try again later.",
);
export function invalidRequest(detail: string): Refusal {
  return refusal(400, "invalid-content", "Invalid request content", detail);
}

/** Published: an application has one subscription for each type of event. */
export const eventAlreadySubscribed = refusal(
  400,
  "event-already-subscribed",
  "Event already subscribed",
  "Posted subscribedEvents contains events that are already subscribed to for this application.",
);
export const urlExists = refusal(
  409,
  "resource-already-exists",
  "Resource already exists",
  "Webhook with provided url already exists.",
);
export const webhookIdNotValid: Refusal = {
  status: 400,
  errors: [
    {
      code: "path-parameter-not-valid",
      title: "Parameter value is not valid",
      detail: "Webhook ID value is not valid",
      source: { parameter: "webhookId" },
    },
  ],
};
export const webhookNotFound = refusal(
  404,
  "resource-not-found",
  "Requested resource is not found",
  "Webhook with provided id doesn't exist.",
);
export const messageNotFound = refusal(
  404,
  "resource-not-found",
  "Requested resource is not found",
  "Message not found.",
);
export const noWebhooks = refusal(
  400,
  "no-webhooks-found",
  "No webhooks found for an app",
  "At least one webhook should exist in the system.",
);
export const broken = refusal(
  500,
  "internal-server-error",
  "Internal server error",
  "Please try again later.",
);

const faultCodes: ReadonlyMap<number, string> = new Map([
  [401, "invalid-authorization-token"],
  [403, "access-denied"],
  [404, "resource-not-found"],
  [429, "too-many-requests"],
  [503, "service-unavailable"],
]);

/** Returns an error that a fault of the control API requested. */
export function injected(status: number, retryAfter: string | undefined): Refusal {
  const code = faultCodes.get(status) ?? (status < 500 ? "parameter-not-valid" : "internal-server-error");
  return {
    ...refusal(status, code, "Injected fault", "This reply was asked for on the control side."),
    ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
  };
}
