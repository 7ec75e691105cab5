import * as z from "zod/mini";
import { API_VERSIONS } from "../access/caller.ts";
import { EVENT_ID } from "../events/domain/event.ts";
import { connectionIdSchema, jobIdSchema, upstreamId, userIdSchema } from "../jobs/domain/ids.ts";
import { MAX_WAIT_SECONDS } from "../jobs/domain/waiting.ts";
import type { Parameter } from "./operation.ts";

const eventId = z.string().check(z.regex(EVENT_ID));

/** The parameters that a path can have, by their names. */
export const PATH_PARAMETERS: { readonly [name: string]: Omit<Parameter, "name" | "in"> } = {
  userId: { description: "The id of a user at the aggregator.", schema: userIdSchema },
  connectionId: { description: "The id of a connection.", schema: connectionIdSchema },
  accountId: { description: "The id of an account.", schema: upstreamId },
  transactionId: { description: "The id of a transaction.", schema: upstreamId },
  snapshotId: { description: "The id of a report.", schema: upstreamId },
  consentId: { description: "The id of a consent.", schema: upstreamId },
  identityId: { description: "The id of an identity.", schema: upstreamId },
  institutionId: { description: "The id of a bank.", schema: upstreamId },
  connectorId: { description: "The id of a connector.", schema: upstreamId },
  method: { description: "The method of a connector, such as `web`.", schema: upstreamId },
  jobId: { description: "The id of a job.", schema: jobIdSchema },
  eventId: { description: "The id of an event.", schema: eventId },
  webhookId: { description: "The id of a webhook.", schema: jobIdSchema },
  messageId: { description: "The id of a message.", schema: jobIdSchema },
  eventTypeId: { description: "The id of a type of events, such as `job.created`.", schema: z.string() },
};

export const VERSION: Parameter = {
  name: "basiq-version",
  in: "header",
  description: "The version of the published API that the program is written for.",
  schema: z.enum(API_VERSIONS),
  required: true,
};

export const IDEMPOTENCY_KEY: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "Makes it safe to repeat the request for 24 hours: 1 to 255 printable ASCII characters. The same request with the same key gets the first reply.",
  schema: z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/)),
};

export const JOB_FILTER: Parameter = {
  name: "filter",
  in: "query",
  description: "`connection.id.eq('…')`, `institution.id.eq('…')`, or both, separated by a comma.",
  schema: z.string(),
};

export const LIMIT: Parameter = {
  name: "limit",
  in: "query",
  description: "The maximum number of entries in the reply.",
  schema: z.int().check(z.gte(1), z.lte(500)),
};

export const AFTER: Parameter = {
  name: "after",
  in: "query",
  description: "The id of an event: the list begins after it.",
  schema: eventId,
};

export const EVENT_FILTER: Parameter = {
  name: "filter",
  in: "query",
  description:
    "One to three of `user.id.eq('…')`, `event.entity.eq('…')` and `event.type.eq('…')`, with commas in between.",
  schema: z.string(),
};

export const MESSAGE_FILTER: Parameter = {
  name: "filter",
  in: "query",
  description:
    "Conditions with commas in between: `status.eq('…')`, `eventTypeId.eq('…')`, `eventId.eq('…')`, `webhookId.eq('…')`, and `date` with `eq`, `gt`, `gteq`, `lt` or `lteq`, such as `date.gteq('2026-01-05T09:00:00Z')`.",
  schema: z.string(),
};

export const FROM: Parameter = {
  name: "from",
  in: "query",
  description: "The id of a message: the list continues after it. Take it from `links.next`.",
  schema: jobIdSchema,
};

export const FILTER: Parameter = {
  name: "filter",
  in: "query",
  description:
    "Conditions of the aggregator's filter language, separated by commas, such as `institution.id.eq('AU00000')`.",
  schema: z.string(),
};

export const PAGE_LIMIT: Parameter = {
  ...LIMIT,
  description: "The maximum number of entries on a page. Read the next page from `links.next`.",
};

export const TEXT_TO_ENRICH: readonly Parameter[] = [
  { name: "q", in: "query", description: "The text of a transaction.", schema: z.string(), required: true },
  {
    name: "institution",
    in: "query",
    description: "The id of the bank.",
    schema: z.string(),
    required: true,
  },
  { name: "amount", in: "query", description: "The amount of the transaction.", schema: z.number() },
  { name: "accountType", in: "query", description: "The type of the account.", schema: z.string() },
];

export const NEXT: Parameter = {
  name: "next",
  in: "query",
  description: "The beginning of the page. Take it from `links.next`.",
  schema: z.string(),
};

export const WAIT: Parameter = {
  name: "wait",
  in: "query",
  description: "For how many seconds the reply may wait for a change. Default: 20.",
  schema: z.int().check(z.gte(0), z.lte(MAX_WAIT_SECONDS)),
};

export const WHILE: Parameter = {
  name: "while",
  in: "query",
  description:
    "`running`: the reply waits as long as the job only makes progress. It comes when the job asks its user, goes to the queue, or is over.",
  schema: z.literal("running"),
};

export const IF_NONE_MATCH: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "The `ETag` of the copy that the caller has, or several with commas in between.",
  schema: z.string(),
};

/** The headers of a message, as Standard Webhooks has them. */
export const SIGNATURE_HEADERS: readonly Parameter[] = [
  {
    name: "webhook-id",
    in: "header",
    description: "The id of the message: the same for every attempt.",
    schema: z.string(),
    required: true,
  },
  {
    name: "webhook-timestamp",
    in: "header",
    description: "When this attempt was made, in seconds since 1970.",
    schema: z.string().check(z.regex(/^\d+$/)),
    required: true,
  },
  {
    name: "webhook-signature",
    in: "header",
    description:
      "One signature for each secret that signs, with spaces in between: `v1,` and an HMAC-SHA256 of id, timestamp and body, in Base64.",
    schema: z.string(),
    required: true,
  },
];
