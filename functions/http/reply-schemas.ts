import * as z from "zod/mini";
import { OTHER_ENTITIES } from "../events/domain/event-types.ts";
import { ASKING } from "../jobs/domain/institution.ts";
import { CHALLENGE_METHODS } from "../jobs/domain/job.ts";
import { JOB_EVENT_TYPES } from "../jobs/domain/job-events.ts";
import { STEP_STATUSES, TIMED_STEPS } from "../jobs/domain/steps.ts";
import { ENDPOINT_STATUSES, MESSAGE_STATUSES } from "../webhooks/domain/shown-status.ts";

/*
 * Schemas of all replies of our API. The functions that render replies have these types, and tests check every reply
 * against them: an additional or missing field is a defect.
 */

/** RFC 3339 in UTC, without fractions of a second. */
const timestamp = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/));

export const tokenReply = z.strictObject({
  access_token: z.string(),
  token_type: z.literal("Bearer"),
  expires_in: z.int(),
});

export const stubReply = z.strictObject({
  type: z.literal("job"),
  id: z.uuidv4(),
  /** In a list of several jobs. */
  asksUser: z.optional(z.enum(ASKING)),
  links: z.strictObject({ self: z.url() }),
});

export const authLinkReply = z.strictObject({
  type: z.literal("auth_link"),
  id: z.string(),
  userId: z.string(),
  mobile: z.string(),
  expiresAt: timestamp,
  links: z.strictObject({ public: z.url(), self: z.string().check(z.startsWith("/")) }),
});

export const linkResult = z.strictObject({
  type: z.literal("link"),
  url: z.string().check(z.startsWith("/")),
});

export const mfaResult = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(CHALLENGE_METHODS),
  description: z.string(),
  input: z.array(z.string()).check(z.minLength(1)),
  expiryMs: z.number(),
  expiresAt: timestamp,
  links: z.strictObject({ response: z.url() }),
});

/** The published schema calls the text of a step's error `details`, the published examples `detail`: both are set. */
const bothDetails = { detail: z.string(), details: z.string() };

export const errorResult = z.strictObject({ code: z.string(), title: z.string(), ...bothDetails });

export const queuedResult = z.strictObject({
  code: z.literal("temporary-unavailable-queued"),
  title: z.string(),
  ...bothDetails,
  attempt: z.int(),
  attemptsLeft: z.int(),
  nextAttemptAt: timestamp,
  expiresAt: timestamp,
});

function jobReplyWith<Result extends z.ZodMiniType>(result: Result) {
  return z.strictObject({
    type: z.literal("job"),
    id: z.uuidv4(),
    created: timestamp,
    updated: timestamp,
    jobType: z.literal("connection"),
    steps: z.array(
      z.strictObject({ title: z.string(), status: z.enum(STEP_STATUSES), result: z.nullable(result) }),
    ),
    links: z.strictObject({ self: z.url(), source: z.optional(z.url()) }),
  });
}

const wrapped = z.array(z.union([linkResult, mfaResult])).check(z.length(1));

/** A job whose results are objects, as published. */
export const jobReply = jobReplyWith(z.union([linkResult, mfaResult, queuedResult, errorResult]));

/** A job whose links and challenges are in one-element lists, as the published prose describes. */
export const jobReplyInLists = jobReplyWith(z.union([wrapped, queuedResult, errorResult]));

const institutionEntry = z.strictObject({
  type: z.literal("institution"),
  id: z.string(),
  links: z.strictObject({ self: z.url() }),
});

/** A page of jobs, newest first. `size` is the number of jobs on this page. */
export const jobListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  data: z.array(z.strictObject({ ...jobReply.shape, institution: institutionEntry })),
  links: z.strictObject({ self: z.url(), next: z.optional(z.url()) }),
});

/** Something that happened to a job. `data.job` is the job as `GET /jobs/{id}` showed it after the change. */
const eventHead = {
  type: z.literal("event"),
  id: z.string(),
  createdDate: timestamp,
  dataRef: z.url(),
  links: z.strictObject({ self: z.url() }),
};

export const jobEventReply = z.strictObject({
  ...eventHead,
  entity: z.literal("job"),
  eventType: z.enum(JOB_EVENT_TYPES),
  userId: z.string(),
  data: z.strictObject({ sequence: z.int(), job: jobReply }),
});

/** An event that is not about a job. `dataRef` is the address of what it is about. */
export const otherEventReply = z.strictObject({
  ...eventHead,
  entity: z.enum(OTHER_ENTITIES),
  eventType: z.string(),
  userId: z.optional(z.string()),
  data: z.strictObject({}),
});

export const eventReply = z.discriminatedUnion("entity", [jobEventReply, otherEventReply]);

/** A page of events, in the order in which they were stored. `size` is the number of events on this page. */
export const eventListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  data: z.array(eventReply),
  links: z.strictObject({ self: z.url(), next: z.optional(z.url()) }),
});

export const eventTypeReply = z.strictObject({
  type: z.literal("eventType"),
  id: z.string(),
  description: z.string(),
  links: z.strictObject({ self: z.url() }),
});

export const eventTypeListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  count: z.int(),
  data: z.array(eventTypeReply),
  links: z.strictObject({ self: z.url() }),
});

/** A receiver of webhooks. */
export const webhookReply = z.strictObject({
  type: z.literal("webhook"),
  id: z.uuidv4(),
  name: z.optional(z.string()),
  description: z.optional(z.string()),
  url: z.url(),
  status: z.enum(ENDPOINT_STATUSES),
  subscribedEvents: z.array(z.string()),
  payload: z.enum(["thin", "full"]),
  ordering: z.enum(["none", "job"]),
  links: z.strictObject({ self: z.url() }),
});

/** The one reply that shows the secret: a webhook that is new, or has a new secret. */
export const webhookWithSecretReply = z.strictObject({
  ...webhookReply.shape,
  secret: z.string().check(z.startsWith("whsec_")),
});

/** All webhooks. `size` and `count` are their number. */
export const webhookListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  count: z.int(),
  data: z.array(webhookReply),
  links: z.strictObject({ self: z.url() }),
});

/** What is sent to a webhook. */
export const webhookPayload = z.strictObject({
  eventTypeId: z.string(),
  eventId: z.string(),
  Text: z.optional(z.string()),
  links: z.strictObject({ event: z.url(), eventEntity: z.url() }),
});

/** What is sent to a webhook that asks for full messages, except test messages. */
export const fullWebhookPayload = z.strictObject({ ...webhookPayload.shape, event: eventReply });

/** One attempt to send a message. Without a `responseStatusCode`, no reply came. */
export const webhookAttempt = z.strictObject({
  id: z.string(),
  url: z.url(),
  response: z.string(),
  responseStatusCode: z.optional(z.int()),
  timestamp,
  status: z.enum(["Success", "Failed"]),
});

export const webhookMessageReply = z.strictObject({
  id: z.uuid(),
  webhookId: z.uuidv4(),
  eventTypeId: z.string(),
  eventId: z.string(),
  status: z.enum(MESSAGE_STATUSES),
  createdDate: timestamp,
  nextAttempt: z.optional(timestamp),
  payload: webhookPayload,
  attempts: z.array(webhookAttempt),
  links: z.strictObject({ self: z.url(), webhook: z.url() }),
});

/** A page of messages. `size` and `count` are the number of messages on this page. */
export const webhookMessageListReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  count: z.int(),
  data: z.array(webhookMessageReply),
  links: z.strictObject({ self: z.url(), next: z.optional(z.url()) }),
});

/** The messages of a test, one for each webhook. */
export const testMessagesReply = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  count: z.int(),
  data: z.array(webhookMessageReply),
});

/** How many messages will be sent again. `next` is the message after which a further replay begins. */
export const replayReply = z.strictObject({
  type: z.literal("replay"),
  count: z.int(),
  next: z.optional(z.uuid()),
});

/** How an institution does, in its record and in our own attempts. */
export const institutionHealthReply = z.strictObject({
  type: z.literal("institutionHealth"),
  id: z.string(),
  status: z.enum(["up", "down"]),
  since: z.nullable(timestamp),
  record: z.strictObject({ status: z.nullable(z.string()), isOperational: z.boolean() }),
  attempts: z.strictObject({
    from: timestamp,
    until: timestamp,
    succeeded: z.int(),
    failed: z.strictObject({ institution: z.int(), aggregator: z.int(), us: z.int() }),
    stoppedByUser: z.int(),
    successRate: z.nullable(z.number()),
    lastSuccess: z.nullable(timestamp),
  }),
  steps: z.array(
    z.strictObject({ title: z.enum(TIMED_STEPS), count: z.int(), medianMs: z.nullable(z.int()) }),
  ),
  waitingJobs: z.strictObject({ count: z.int(), isAtLeast: z.boolean() }),
  links: z.strictObject({ self: z.url() }),
});

export const healthReply = z.strictObject({ status: z.literal("ok") });

export const stubListReply = z.strictObject({ type: z.literal("list"), data: z.array(stubReply) });

export const errorReply = z.strictObject({
  type: z.literal("list"),
  correlationId: z.uuid(),
  data: z
    .array(
      z.strictObject({
        type: z.literal("error"),
        code: z.string(),
        title: z.string(),
        detail: z.optional(z.string()),
        source: z.optional(
          z.strictObject({ pointer: z.optional(z.string()), parameter: z.optional(z.string()) }),
        ),
      }),
    )
    .check(z.minLength(1)),
});

export type TokenReply = z.infer<typeof tokenReply>;
export type StubReply = z.infer<typeof stubReply>;
export type StepReply =
  | z.infer<typeof jobReply>["steps"][number]
  | z.infer<typeof jobReplyInLists>["steps"][number];
export type JobReply = Omit<z.infer<typeof jobReply>, "steps"> & { steps: StepReply[] };
export type JobListReply = Omit<z.infer<typeof jobListReply>, "data"> & {
  data: (JobReply & { institution: z.infer<typeof institutionEntry> })[];
};
export type EventReply =
  | (Omit<z.infer<typeof jobEventReply>, "data"> & { data: { sequence: number; job: JobReply } })
  | z.infer<typeof otherEventReply>;
export type EventListReply = Omit<z.infer<typeof eventListReply>, "data"> & { data: EventReply[] };
export type EventTypeReply = z.infer<typeof eventTypeReply>;
export type EventTypeListReply = z.infer<typeof eventTypeListReply>;
export type WebhookReply = z.infer<typeof webhookReply>;
export type WebhookWithSecretReply = z.infer<typeof webhookWithSecretReply>;
export type WebhookListReply = z.infer<typeof webhookListReply>;
export type WebhookMessageReply = z.infer<typeof webhookMessageReply>;
export type WebhookMessageListReply = z.infer<typeof webhookMessageListReply>;
export type TestMessagesReply = z.infer<typeof testMessagesReply>;
export type ReplayReply = z.infer<typeof replayReply>;
export type InstitutionHealthReply = z.infer<typeof institutionHealthReply>;
export type StubListReply = z.infer<typeof stubListReply>;
export type AuthLinkReply = z.infer<typeof authLinkReply>;
export type ErrorReply = z.infer<typeof errorReply>;
