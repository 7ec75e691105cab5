import type { RefusalReason } from "../jobs/domain/refusal.ts";
import type { PASSED_ROUTES } from "../pass-through/routes.ts";
import type { PageRouteName, RouteName } from "../routes.ts";
import type { Operation } from "./operation.ts";
import {
  AFTER,
  EVENT_FILTER,
  FROM,
  IDEMPOTENCY_KEY,
  IF_NONE_MATCH,
  JOB_FILTER,
  LIMIT,
  MESSAGE_FILTER,
  NEXT,
  SIGNATURE_HEADERS,
  VERSION,
  WAIT,
  WHILE,
} from "./parameters.ts";

const WITH_TOKEN: readonly RefusalReason[] = ["token-not-valid", "token-expired", "service-unavailable"];
const OF_USER: readonly RefusalReason[] = [
  ...WITH_TOKEN,
  "field-not-valid",
  "token-of-another-user",
  "scope-not-enough",
];
const OF_CONNECTION: readonly RefusalReason[] = [...OF_USER, "connection-not-found"];
const OF_JOB: readonly RefusalReason[] = [...WITH_TOKEN, "job-not-found"];
const COUNTED: readonly RefusalReason[] = ["rate-exceeded", "user-not-found"];
const MAKES_JOBS: readonly RefusalReason[] = [...COUNTED, "idempotency-key-reused", "too-many-jobs"];
const TAKES_LOGINS: readonly RefusalReason[] = [
  "not-json",
  "content-type-not-json",
  "field-missing",
  "connects-in-consent-ui",
  "too-many-refused-logins",
];

const OF_WEBHOOKS: readonly RefusalReason[] = [...WITH_TOKEN, "scope-not-enough"];
const OF_WEBHOOK: readonly RefusalReason[] = [...OF_WEBHOOKS, "webhook-id-not-valid", "webhook-not-found"];
const TAKES_JSON: readonly RefusalReason[] = [
  "not-json",
  "content-type-not-json",
  "webhook-request-not-valid",
];

const JSON_ONLY = ["application/json"];
const BOTH = ["SERVER_ACCESS", "CLIENT_ACCESS"] as const;
const STUB = { description: "The id of a new job.", schema: "JobStub" } as const;
const SAME = { description: "The caller's copy is up to date.", headers: ["ETag"] } as const;
const existing = (what: string) =>
  ({
    description: `A job of this call is already queued or in progress for ${what}: the whole job.`,
    schema: "Job",
  }) as const;

type OwnRoute = Exclude<RouteName, keyof typeof PASSED_ROUTES | PageRouteName>;

/** What the document says about each route that has no counterpart at the aggregator, or does more than pass. */
export const OPERATIONS: { readonly [route in OwnRoute]: Operation } = {
  "issue-token": {
    tag: "Tokens",
    summary: "Get a token",
    description: "Without a body, the token has the scope `SERVER_ACCESS`.",
    callers: ["API key"],
    parameters: [VERSION],
    body: {
      types: ["application/x-www-form-urlencoded", "application/json"],
      schema: "TokenRequest",
      isOptional: true,
    },
    replies: { 200: { description: "A token that is valid for an hour.", schema: "Token" } },
    refusals: [
      "version-not-valid",
      "field-not-valid",
      "field-missing",
      "not-json",
      "api-key-not-valid",
      "content-type-not-form",
      "rate-exceeded",
      "service-unavailable",
    ],
  },
  "create-connection": {
    tag: "Connections",
    summary: "Connect a bank",
    description:
      "The job logs in to the bank, and pauses while the user answers a challenge. While the bank is down, the job waits in a queue.",
    callers: BOTH,
    parameters: [IDEMPOTENCY_KEY],
    body: { types: JSON_ONLY, schema: "ConnectionRequest" },
    replies: { 202: STUB, 200: existing("this user and institution") },
    refusals: [...OF_USER, ...TAKES_LOGINS, ...MAKES_JOBS, "unknown-institution"],
  },
  "update-connection": {
    tag: "Connections",
    summary: "Give a connection new credentials",
    callers: BOTH,
    parameters: [IDEMPOTENCY_KEY],
    body: { types: JSON_ONLY, schema: "ConnectionRequest" },
    replies: { 202: STUB, 200: existing("this connection") },
    refusals: [...OF_CONNECTION, ...TAKES_LOGINS, ...MAKES_JOBS],
  },
  "refresh-connection": {
    tag: "Connections",
    summary: "Read the data of a connection again",
    description: "The job uses the credentials that the aggregator stores. It does not wait in the queue.",
    callers: BOTH,
    parameters: [IDEMPOTENCY_KEY],
    replies: { 202: STUB, 200: existing("this connection") },
    refusals: [...OF_CONNECTION, ...MAKES_JOBS],
  },
  "refresh-connections": {
    tag: "Connections",
    summary: "Read the data of all connections of a user again",
    description:
      "A connection with a job that is queued or in progress keeps this job. A connection whose first login the bank has not accepted yet gets no new job. `asksUser` of each job says whether its user has to be there to answer.",
    callers: ["SERVER_ACCESS"],
    parameters: [IDEMPOTENCY_KEY],
    replies: { 202: { description: "One job for each connection.", schema: "JobStubList" } },
    refusals: [...OF_USER, ...MAKES_JOBS],
  },
  "list-jobs": {
    tag: "Jobs",
    summary: "List the jobs of a user",
    description: "The list may not yet contain a job that the API accepted within the last second.",
    callers: BOTH,
    parameters: [JOB_FILTER, LIMIT, NEXT, IF_NONE_MATCH],
    replies: {
      200: { description: "The jobs, newest first.", schema: "JobList", headers: ["ETag"] },
      304: SAME,
    },
    refusals: OF_USER,
  },
  "adopt-jobs": {
    tag: "Jobs",
    summary: "Adopt jobs that began at the aggregator",
    description:
      "For jobs of the user that began without this API, such as in the aggregator's Consent UI. From then on, each is a job of this API: it shows its steps, takes the answer to a challenge, and makes events. An adopted job that is adopted again, or that began in this API, keeps its id. If the aggregator does not list one of the jobs for this user, none is adopted. An adopted job does not wait in the queue.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "AdoptRequest" },
    replies: { 202: { description: "One job for each id, in the same order.", schema: "JobStubList" } },
    refusals: [...OF_USER, ...COUNTED, "not-json", "content-type-not-json", "field-missing", "job-not-found"],
  },
  "get-job": {
    tag: "Jobs",
    summary: "Read a job",
    callers: BOTH,
    parameters: [IF_NONE_MATCH],
    replies: { 200: { description: "The job.", schema: "Job", headers: ["ETag"] }, 304: SAME },
    refusals: OF_JOB,
  },
  "job-changes": {
    tag: "Jobs",
    summary: "Wait for a change of a job",
    description:
      "Send the `ETag` of your copy of the job: the API replies when the job has changed, or when the time of `wait` is over. Without `while=running`, the API replies at once if the request has no `ETag` or another one. With `while=running`, the API does not reply to the progress in between. The API lets only some requests wait at a time. It replies to any other request at once, with `Retry-After`.",
    callers: BOTH,
    parameters: [WAIT, WHILE, IF_NONE_MATCH],
    replies: {
      200: {
        description: "The job, in a state that the caller does not have.",
        schema: "Job",
        headers: ["ETag", "Retry-After"],
      },
      304: {
        description:
          "The caller's copy is up to date. With `Retry-After`, the time is not up: ask again after it.",
        headers: ["ETag", "Retry-After"],
      },
    },
    refusals: [...OF_JOB, "field-not-valid"],
  },
  "cancel-job": {
    tag: "Jobs",
    summary: "Cancel a job",
    description: "An aggregator that has already received the login may still make the connection.",
    callers: BOTH,
    replies: { 202: { description: "The job is cancelled.", schema: "JobStub" } },
    refusals: [...OF_JOB, "scope-not-enough", "job-over"],
  },
  "resume-job": {
    tag: "Jobs",
    summary: "Start the next attempt of a queued job now",
    callers: BOTH,
    replies: { 202: { description: "The next attempt starts.", schema: "JobStub" } },
    refusals: [...OF_JOB, ...COUNTED, "scope-not-enough", "job-not-waiting"],
  },
  "answer-mfa": {
    tag: "Jobs",
    summary: "Answer the MFA challenge of a job",
    description:
      "Any content type is accepted. A repeated answer gets the same reply within two minutes, and is not sent again.",
    callers: BOTH,
    body: { types: JSON_ONLY, schema: "MfaRequest" },
    replies: {
      202: {
        description:
          "The job, after the bank has decided, or after 12 s unless the deployment sets another time; at once if too many other requests wait. The bank may ask again.",
        schema: "Job",
        headers: ["ETag"],
      },
    },
    refusals: [
      ...OF_JOB,
      "not-json",
      "field-missing",
      "answers-not-valid",
      "answer-refused",
      "challenge-not-active",
      "challenge-over",
      ...COUNTED,
    ],
  },
  "create-auth-link": {
    tag: "Links",
    summary: "Make a link for a user",
    description:
      "The user opens the link in a browser, and connects a bank there. A user has one link at a time: a new link ends the earlier link and its session. A person who has the link can act for the user, so send it to nobody else.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "AuthLinkRequest", isOptional: true },
    replies: { 201: { description: "The link.", schema: "AuthLink" } },
    refusals: [
      ...OF_USER,
      "not-json",
      "user-not-found",
      "connection-not-found",
      "action-not-in-direct",
      "confirmation-missing",
      "no-active-consent",
      "return-url-not-listed",
    ],
  },
  "get-auth-link": {
    tag: "Links",
    summary: "Read the link of a user",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The link.", schema: "AuthLink" } },
    refusals: [...OF_USER, "auth-link-not-found", "auth-link-over"],
  },
  "delete-auth-link": {
    tag: "Links",
    summary: "End the link of a user",
    description: "Also ends the session of the browser that has used it.",
    callers: ["SERVER_ACCESS"],
    replies: { 204: { description: "The link has ended." } },
    refusals: [...OF_USER, "auth-link-not-found"],
  },
  "institution-health": {
    tag: "Banks",
    summary: "Read the health of a bank",
    description:
      "By its record at the aggregator, and by the attempts of all jobs that ended in the last hour. One call of the aggregator.",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The health of the bank.", schema: "InstitutionHealth" } },
    refusals: [...WITH_TOKEN, "scope-not-enough", "institution-not-found"],
  },
  "list-events": {
    tag: "Events",
    summary: "List the events of all users",
    description:
      "Oldest first. An event is listed when it is 5 seconds old, so that `after` misses none. With a filter by type, a page can have fewer events than `limit` although there is a next page.",
    callers: ["SERVER_ACCESS"],
    parameters: [EVENT_FILTER, LIMIT, AFTER],
    replies: { 200: { description: "The events.", schema: "EventList" } },
    refusals: [...WITH_TOKEN, "scope-not-enough", "field-not-valid", "filter-not-valid"],
  },
  "get-event": {
    tag: "Events",
    summary: "Read an event",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The event.", schema: "Event" } },
    refusals: [...WITH_TOKEN, "scope-not-enough", "event-not-found"],
  },
  "list-event-types": {
    tag: "Events",
    summary: "List the types of events",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "All types.", schema: "EventTypeList" } },
    refusals: [...WITH_TOKEN, "scope-not-enough"],
  },
  "get-event-type": {
    tag: "Events",
    summary: "Read a type of events",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The type.", schema: "EventType" } },
    refusals: [...WITH_TOKEN, "scope-not-enough", "event-type-not-found"],
  },
  "create-webhook": {
    tag: "Webhooks",
    summary: "Create a webhook",
    description:
      "From then on, every event of its types is sent to its URL. The reply is one of two that show the secret.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "WebhookRequest" },
    replies: { 201: { description: "The webhook, with its secret.", schema: "WebhookWithSecret" } },
    refusals: [
      ...OF_WEBHOOKS,
      ...TAKES_JSON,
      "event-types-not-supported",
      "webhook-url-taken",
      "too-many-webhooks",
    ],
  },
  "list-webhooks": {
    tag: "Webhooks",
    summary: "List all webhooks",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The webhooks, the oldest first.", schema: "WebhookList" } },
    refusals: OF_WEBHOOKS,
  },
  "get-webhook": {
    tag: "Webhooks",
    summary: "Read a webhook",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The webhook.", schema: "Webhook" } },
    refusals: OF_WEBHOOK,
  },
  "update-webhook": {
    tag: "Webhooks",
    summary: "Change a webhook",
    description: "Fields that are missing stay as they are.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "WebhookUpdateRequest" },
    replies: { 200: { description: "The webhook after the change.", schema: "Webhook" } },
    refusals: [...OF_WEBHOOK, ...TAKES_JSON, "event-types-not-supported", "webhook-url-taken"],
  },
  "delete-webhook": {
    tag: "Webhooks",
    summary: "Delete a webhook",
    description: "Its messages are not sent any more, and its secrets are destroyed.",
    callers: ["SERVER_ACCESS"],
    replies: { 204: { description: "The webhook is deleted." } },
    refusals: OF_WEBHOOK,
  },
  "rotate-webhook-secret": {
    tag: "Webhooks",
    summary: "Replace the secret of a webhook",
    description: "The earlier secrets sign beside the new one until their time is over.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "RotationRequest", isOptional: true },
    replies: { 200: { description: "The webhook, with its new secret.", schema: "WebhookWithSecret" } },
    refusals: [...OF_WEBHOOK, ...TAKES_JSON],
  },
  "replay-webhook-messages": {
    tag: "Webhooks",
    summary: "Send the messages of a period again",
    description:
      "Oldest first, with all their attempts ahead. A request takes up to 500 messages. While the reply has a `next`, send the request again with it.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "ReplayRequest" },
    replies: { 202: { description: "How many messages will be sent.", schema: "Replay" } },
    refusals: [...OF_WEBHOOK, ...TAKES_JSON, "webhook-disabled", "field-not-valid"],
  },
  "list-webhook-messages": {
    tag: "Webhooks",
    summary: "List the messages of a webhook",
    description:
      "Newest first. With a filter, a page can have fewer messages than `limit` although there is a next page.",
    callers: ["SERVER_ACCESS"],
    parameters: [MESSAGE_FILTER, LIMIT, FROM],
    replies: { 200: { description: "The messages.", schema: "WebhookMessageList" } },
    refusals: [...OF_WEBHOOK, "field-not-valid", "filter-not-valid"],
  },
  "get-webhook-message": {
    tag: "Webhooks",
    summary: "Read a message of a webhook",
    callers: ["SERVER_ACCESS"],
    replies: { 200: { description: "The message, with its attempts.", schema: "WebhookMessage" } },
    refusals: [...OF_WEBHOOKS, "webhook-id-not-valid", "message-not-found"],
  },
  "resend-webhook-message": {
    tag: "Webhooks",
    summary: "Send a message again now",
    description:
      "Also a message that was delivered. The attempt does not count among the ten of the message.",
    callers: ["SERVER_ACCESS"],
    replies: { 202: { description: "The message is sent.", schema: "WebhookMessage" } },
    refusals: [...OF_WEBHOOKS, "webhook-id-not-valid", "message-not-found", "webhook-disabled"],
  },
  "send-test-message": {
    tag: "Webhooks",
    summary: "Send a test message",
    description: "To every webhook that is subscribed to the type. The message has no stored event.",
    callers: ["SERVER_ACCESS"],
    body: { types: JSON_ONLY, schema: "TestMessageRequest" },
    replies: { 201: { description: "The messages.", schema: "TestMessages" } },
    refusals: [...OF_WEBHOOKS, ...TAKES_JSON, "event-type-not-supported", "no-webhooks-found"],
  },
  "receive-notification": {
    tag: "Service",
    summary: "Take a message of the aggregator's webhook",
    description:
      "For the aggregator only, which signs each message as Standard Webhooks describes it. Exists in a deployment with the setting `upstreamWebhookSecret`.",
    callers: [],
    parameters: SIGNATURE_HEADERS,
    body: { types: JSON_ONLY, schema: "UpstreamNotification" },
    replies: { 204: { description: "The message was taken, now or before." } },
    refusals: [
      "route-not-found",
      "signature-not-valid",
      "message-too-large",
      "not-json",
      "service-unavailable",
    ],
  },
  health: {
    tag: "Service",
    summary: "Check that the API answers",
    callers: [],
    replies: { 200: { description: "The API answers.", schema: "Health" } },
    refusals: [],
  },
  openapi: {
    tag: "Service",
    summary: "Read this document",
    callers: [],
    parameters: [IF_NONE_MATCH],
    replies: {
      200: { description: "The document.", schema: "Document", headers: ["ETag"] },
      304: SAME,
    },
    refusals: [],
  },
};
