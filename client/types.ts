/*
 * What the API sends, as plain types. `test/verify/client/parts/types.test.ts` compares each of them with the schema of the
 * same reply in `functions/http/reply-schemas.ts`: this file cannot differ from the API without an error.
 *
 * A later version of the API may add fields, and values to every type that is `Open`.
 */

/** One of the known values, or a value that a later version of the API adds. */
export type Open<Known extends string> = Known | (string & {});

/** RFC 3339 in UTC, without fractions of a second: `2026-11-29T05:50:03Z`. */
export type Timestamp = string;

export interface Token {
  access_token: string;
  token_type: "Bearer";
  /** In seconds. */
  expires_in: number;
}

/** The reply to a request that begins a job. */
export interface JobStub {
  type: "job";
  id: string;
  /** In the reply to a refresh of all connections: whether the bank asks the user something in each login. */
  asksUser?: "always" | "sometimes" | "never";
  links: { self: string };
}

export interface Job {
  type: "job";
  id: string;
  created: Timestamp;
  updated: Timestamp;
  jobType: "connection";
  /** In the order in which the job runs them. */
  steps: Step[];
  /** `source` is the address of the connection. It is missing until the connection is known. */
  links: { self: string; source?: string };
}

export interface Step {
  /** Such as `verify-credentials`, `mfa-challenge`, `retrieve-accounts`, `retrieve-transactions`. */
  title: string;
  status: StepStatus;
  /** A list of one element only where a deployment has the setting `stepResults: "list"`. `stateOf` and `challengeOf` read both. */
  result: LinkResult | Challenge | QueuedResult | ErrorResult | (LinkResult | Challenge)[] | null;
}

export type StepStatus = Open<"pending" | "in-progress" | "success" | "failed" | "skipped">;

export interface LinkResult {
  type: "link";
  /** Relative to the base URL of the API. */
  url: string;
}

/** What the bank asks the user. */
export interface Challenge {
  type: "mfa";
  method: Open<"token" | "security-questions">;
  description: string;
  /** The questions. An answer has one text for each. */
  input: string[];
  /** In milliseconds, as the bank sent it. The deadline that counts is `expiresAt`. */
  expiryMs: number;
  expiresAt: Timestamp;
  links: { response: string };
}

/** Why a step failed, in the words of the bank or of the API. */
export interface ErrorResult {
  code: string;
  title: string;
  detail: string;
  /** The same text as `detail`. */
  details: string;
}

/** Why a job waits in the queue, and until when. */
export interface QueuedResult {
  code: "temporary-unavailable-queued";
  title: string;
  detail: string;
  /** The same text as `detail`. */
  details: string;
  attempt: number;
  attemptsLeft: number;
  nextAttemptAt: Timestamp;
  /** When the job fails if the bank is still not available. */
  expiresAt: Timestamp;
}

/** A job in the list of a user's jobs. */
export interface ListedJob extends Job {
  institution: { type: "institution"; id: string; links: { self: string } };
}

export interface JobEvent {
  type: "event";
  id: string;
  createdDate: Timestamp;
  entity: "job";
  eventType: Open<
    | "created"
    | "updated"
    | "mfa-required"
    | "mfa-expired"
    | "queued"
    | "ready-for-user"
    | "resumed"
    | "succeeded"
    | "failed"
    | "cancelled"
  >;
  userId: string;
  /** The address of the job. */
  dataRef: string;
  /** `job` is the job after the change. `sequence` counts the events of the job. */
  data: { sequence: number; job: Job };
  links: { self: string };
}

/** An event that is not about a job. `dataRef` is the address of what it is about. */
export interface OtherEvent {
  type: "event";
  id: string;
  createdDate: Timestamp;
  entity: "account" | "connection" | "consent" | "institution" | "transactions" | "user" | "webhook";
  eventType: string;
  userId?: string;
  dataRef: string;
  data: Record<string, never>;
  links: { self: string };
}

export type ApiEvent = JobEvent | OtherEvent;

export interface EventType {
  type: "eventType";
  /** Such as `job.succeeded`. */
  id: string;
  description: string;
  links: { self: string };
}

export interface Webhook {
  type: "webhook";
  id: string;
  name?: string;
  description?: string;
  url: string;
  status: Open<"active" | "failing" | "draining" | "disabled">;
  subscribedEvents: string[];
  payload: Open<"thin" | "full">;
  ordering: Open<"none" | "job">;
  links: { self: string };
}

/** A webhook that is new or has a new secret. No other reply shows the secret. */
export interface WebhookWithSecret extends Webhook {
  secret: string;
}

/** The body of a message that a webhook gets. */
export interface WebhookPayload {
  eventTypeId: string;
  eventId: string;
  /** Only in test messages. */
  Text?: string;
  links: { event: string; eventEntity: string };
}

/** What a webhook with `"payload":"full"` gets. */
export interface FullWebhookPayload extends WebhookPayload {
  event: ApiEvent;
}

export interface WebhookAttempt {
  id: string;
  url: string;
  response: string;
  /** Missing if no reply came. */
  responseStatusCode?: number;
  timestamp: Timestamp;
  status: Open<"Success" | "Failed">;
}

export interface WebhookMessage {
  id: string;
  webhookId: string;
  eventTypeId: string;
  eventId: string;
  status: Open<"pending" | "held" | "delivered" | "failed">;
  createdDate: Timestamp;
  nextAttempt?: Timestamp;
  payload: WebhookPayload;
  attempts: WebhookAttempt[];
  links: { self: string; webhook: string };
}

/** How many messages will be sent again. `next` is the message after which a further replay begins. */
export interface Replay {
  type: "replay";
  count: number;
  next?: string;
}

/** One error of a reply above 399. */
export interface ApiErrorEntry {
  type: "error";
  code: string;
  title: string;
  detail?: string;
  source?: { pointer?: string; parameter?: string };
}
