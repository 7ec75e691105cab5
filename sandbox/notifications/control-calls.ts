import * as z from "zod/mini";
import type { Outcome, Params, Situation } from "../call.ts";
import { consentsOf, endConsent, withConsent } from "../consents.ts";
import { hashed } from "../hashed.ts";
import { readList, readObject } from "../json-body.ts";
import { notFound, notValid } from "../refusal.ts";
import { jsonReply } from "../reply.ts";
import { lieSchema, type State } from "../state.ts";
import { isUserId } from "../user-id.ts";
import { eventTypes } from "./event-types.ts";
import { withEvents } from "./events.ts";
import { withMessagesAbout } from "./messages.ts";

/** Sets what is wrong with the next messages. */
export function setLies({ call }: Situation): Outcome {
  const body = readList(call);
  if ("refusal" in body) return body;
  const parsed = z.array(lieSchema).safeParse(body.value);
  if (!parsed.success) return { refusal: notValid("Control request is not valid.", "body") };
  return { reply: jsonReply(200, { lies: parsed.data }), change: { lies: parsed.data } };
}

const eventBody = z.strictObject({
  type: z.string().check(z.refine((type) => eventTypes.has(type))),
  /** The connections that end with a consent. Default: all of the user. */
  connectionIds: z.optional(z.array(z.string())),
  /** The event is about this account or connection. */
  entityId: z.optional(z.string().check(z.regex(/^[\w-]{1,64}$/))),
  /** False: the messages name an event that does not exist, and nothing happens. */
  isStored: z._default(z.boolean(), true),
});

/** Makes an event of a user. The end of a consent really ends the consent. All other events are only records. */
export function forceEvent({ state, call, now, setting }: Situation, { userId }: Params): Outcome {
  if (!isUserId(userId)) return { refusal: notFound("user") };
  const body = readObject(call);
  if ("refusal" in body) return body;
  const parsed = eventBody.safeParse(body.value);
  if (!parsed.success) return { refusal: notValid("Control request is not valid.", "body") };
  const { type, connectionIds, entityId, isStored } = parsed.data;
  const status = type === "consent.revoked" ? "revoked" : type === "consent.expired" ? "expired" : undefined;
  const id = hashed(`forced ${setting.newId()}`);
  if (status !== undefined && isStored) {
    const change = endConsent(state, { userId, status, connectionIds }, now);
    return { reply: jsonReply(201, { type }), change };
  }
  const given = withConsent(state, userId, now);
  const event = { id, typeId: type, userId, path: pathOf(given, type, userId, entityId), at: now };
  const reply = jsonReply(201, { type, id });
  if (isStored) return { reply, change: { events: withEvents(state, [event], now).events } };
  const { messages, lies } = withMessagesAbout(state, event, now, setting.newId);
  return { reply, change: { messages, lies } };
}

function pathOf(state: State, type: string, userId: string, entityId: string | undefined): string {
  const user = `/users/${userId}`;
  const [entity = ""] = type.split(".");
  if (entity === "user") return user;
  if (entity === "transactions") return `${user}/transactions`;
  if (entity === "consent") return `${user}/consents/${entityId ?? consentsOf(state, userId).at(-1)?.id}`;
  return `${user}/${entity}s/${entityId ?? hashed(userId).slice(0, 12)}`;
}
