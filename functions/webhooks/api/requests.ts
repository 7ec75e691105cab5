import * as z from "zod/mini";
import { EVENT_TYPE_IDS } from "../../events/domain/event-types.ts";
import type { HttpRequest } from "../../http/request.ts";
import { jobIdSchema } from "../../jobs/domain/ids.ts";
import { type Problem, Refusal } from "../../jobs/domain/refusal.ts";
import { MAX_OVERLAP_SECONDS } from "../domain/endpoint.ts";
import type { Message } from "../domain/message.ts";
import { MESSAGE_STATUSES, type MessageStatus } from "../domain/shown-status.ts";
import type { WantedEndpoint } from "../use-cases/manage-endpoints.ts";
import type { ListMessages } from "../use-cases/read-messages.ts";
import { REPLAYED, type Replay } from "../use-cases/send-again.ts";

/** Ids of endpoints are UUIDs v4, and those of messages have the same form. */
const idSchema = jobIdSchema;

/** Throws a `Refusal` if the id in the path is malformed. */
export function webhookOfPath(request: HttpRequest): string {
  const id = z.safeParse(idSchema, request.parameter("webhookId"));
  if (!id.success) throw new Refusal({ reason: "webhook-id-not-valid", field: "webhookId" });
  return id.data;
}

/** A malformed id causes the same `Refusal` as a missing message. */
export function messageOfPath(request: HttpRequest): string {
  const id = z.safeParse(idSchema, request.parameter("messageId"));
  if (!id.success) throw new Refusal("message-not-found");
  return id.data;
}

/** The published schema has a list of event types, the published example one text. */
const subscribedEvents = z.union([z.string(), z.array(z.string()).check(z.minLength(1))]);

export const webhookRequest = z.object({
  name: z.nullish(z.string().check(z.maxLength(100))),
  description: z.nullish(z.string().check(z.maxLength(500))),
  url: z.string(),
  subscribedEvents: z.nullish(subscribedEvents),
  payload: z.nullish(z.enum(["thin", "full"])),
  ordering: z.nullish(z.enum(["none", "job"])),
});

export const webhookUpdateRequest = z.extend(webhookRequest, {
  status: z.nullish(z.enum(["active", "disabled"])),
});

/** Throws a `Refusal` that names every field that is not valid. */
export function parseWebhookRequest(body: object): WantedEndpoint {
  return wantedEndpoint({ ...parsed(webhookRequest, body), status: undefined });
}

/** As {@link parseWebhookRequest}. Fields that are missing stay as they are; those that are `null` or an empty text are removed. */
export function parseWebhookUpdate(body: object): WantedEndpoint {
  return wantedEndpoint(parsed(webhookUpdateRequest, body));
}

function wantedEndpoint(given: z.output<typeof webhookUpdateRequest>): WantedEndpoint {
  const { url, name, description, subscribedEvents, payload, ordering, status } = given;
  return {
    url,
    name: name === "" ? null : name,
    description: description === "" ? null : description,
    subscribedEvents: typesIn(subscribedEvents),
    payload: payload ?? undefined,
    ordering: ordering ?? undefined,
    status: status ?? undefined,
  };
}

function typesIn(given: string | string[] | null | undefined): string[] | null | undefined {
  if (given === undefined || given === null) return given;
  const ids = [...new Set([given].flat())];
  if (ids.some((id) => !EVENT_TYPE_IDS.includes(id))) {
    throw new Refusal({ reason: "event-types-not-supported", field: "subscribedEvents" });
  }
  return ids;
}

/**
 * A day: long enough to deploy a receiver with the new secret, and short enough for a secret that is replaced once a year. An owner
 * whose secret has leaked requests 0.
 */
const DEFAULT_OVERLAP_SECONDS = 24 * 3600;

export const rotationRequest = z.object({
  overlapSeconds: z.nullish(z.int().check(z.gte(0), z.lte(MAX_OVERLAP_SECONDS))),
});

/** Returns the seconds for which the earlier secrets sign beside the new one. */
export function parseRotation(body: object): number {
  return parsed(rotationRequest, body).overlapSeconds ?? DEFAULT_OVERLAP_SECONDS;
}

export const testMessageRequest = z.object({
  eventTypeId: z.string(),
  Text: z.nullish(z.string().check(z.maxLength(1000))),
});

export function parseTestMessage(body: object): { typeId: string; text: string | undefined } {
  const { eventTypeId, Text: text } = parsed(testMessageRequest, body);
  if (!EVENT_TYPE_IDS.includes(eventTypeId)) {
    throw new Refusal({ reason: "event-type-not-supported", field: "eventTypeId" });
  }
  return { typeId: eventTypeId, text: text ?? undefined };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

/** A time in UTC, as our replies have it. Fractions of a second may be there. */
const time = z.string().check(
  z.regex(TIME),
  z.refine((text) => !Number.isNaN(Date.parse(text))),
);

export const replayRequest = z.object({
  from: time,
  to: time,
  only: z.nullish(z.enum(REPLAYED)),
  after: z.nullish(idSchema),
});

export function parseReplay(body: object): Replay {
  const { from, to, only, after } = parsed(replayRequest, body);
  if (Date.parse(from) >= Date.parse(to)) throw notAccepted("to");
  return { from: instant(from), to: instant(to), only: only ?? "failed", after: after ?? undefined };
}

function instant(text: string): string {
  return new Date(text).toISOString();
}

/** The refusal names only fields of our own schemas, and never repeats text of the request. */
function parsed<Schema extends z.ZodMiniObject>(schema: Schema, body: object): z.output<Schema> {
  const result = z.safeParse(schema, body);
  if (result.success) return result.data;
  const fields = new Set(result.error.issues.map(({ path }) => String(path[0])));
  const [first, ...more] = [...fields].map(
    (field): Problem => ({ reason: "webhook-request-not-valid", field }),
  );
  throw new Refusal(first ?? "webhook-request-not-valid", ...more);
}

function notAccepted(field: string): Refusal {
  return new Refusal({ reason: "webhook-request-not-valid", field });
}

const MAX_LIMIT = 500;
const LIMIT = /^[1-9]\d{0,2}$/;
const CONDITION = /^(status|eventTypeId|eventId|webhookId|date)\.(eq|gt|gteq|lt|lteq)\('([^']*)'\)$/;

/** Throws a `Refusal` that names the invalid parameter. */
export function parseMessageList(query: (name: string) => string | undefined): ListMessages {
  return { limit: limitIn(query("limit")), from: fromIn(query("from")), wanted: filterIn(query("filter")) };
}

function limitIn(limit: string | undefined): number {
  if (limit === undefined) return MAX_LIMIT;
  if (!LIMIT.test(limit) || Number(limit) > MAX_LIMIT) throw parameterNotValid("limit");
  return Number(limit);
}

function fromIn(from: string | undefined): string | undefined {
  if (from === undefined) return undefined;
  const id = z.safeParse(idSchema, from);
  if (!id.success) throw parameterNotValid("from");
  return id.data;
}

function parameterNotValid(field: "limit" | "from"): Refusal {
  return new Refusal({ reason: "field-not-valid", field });
}

type Wanted = (message: Message, status: MessageStatus) => boolean;

/** Reads conditions, separated by commas. A message has to meet all of them. */
function filterIn(filter: string | undefined): Wanted | undefined {
  if (filter === undefined) return undefined;
  const conditions = filter.split(",").map((condition) => {
    const [, field = "", operator = "", value = ""] = CONDITION.exec(condition.trim()) ?? [];
    const wanted = field === "date" ? byDate(operator, value) : byText(field, operator, value);
    if (wanted === undefined) throw new Refusal({ reason: "filter-not-valid", field: "filter" });
    return wanted;
  });
  return (message, status) => conditions.every((isMet) => isMet(message, status));
}

function byText(field: string, operator: string, value: string): Wanted | undefined {
  if (operator !== "eq") return undefined;
  switch (field) {
    case "status":
      return MESSAGE_STATUSES.some((name) => name === value) ? (_, status) => status === value : undefined;
    case "eventTypeId":
      return EVENT_TYPE_IDS.includes(value) ? ({ typeId }) => typeId === value : undefined;
    case "eventId":
      return ({ eventId }) => eventId === value;
    case "webhookId":
      return ({ endpointId }) => endpointId === value.toLowerCase();
    default:
      return undefined;
  }
}

/** The date of a message is the second in which it was created, as its reply shows it. */
function byDate(operator: string, value: string): Wanted | undefined {
  const given = z.safeParse(time, value);
  if (!given.success) return undefined;
  const than = secondOf(given.data);
  return ({ createdAt }) => {
    const date = secondOf(createdAt);
    switch (operator) {
      case "gt":
        return date > than;
      case "gteq":
        return date >= than;
      case "lt":
        return date < than;
      case "lteq":
        return date <= than;
      default:
        return date === than;
    }
  };
}

function secondOf(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}
