import * as z from "zod/mini";
import { upstreamId, userIdSchema } from "../../jobs/domain/ids.ts";
import type { UpstreamEvents } from "../../webhooks/domain/ports.ts";
import type { UpstreamConsent, UpstreamEvent } from "../../webhooks/domain/upstream-message.ts";
import { orWhenUnknown } from "./basiq.ts";
import { linkIn, shortText, text } from "./replies.ts";
import { type BasiqTransport, only } from "./transport.ts";

/** Calls the routes of Basiq's published API about events and consents, which exist since version 3.0. */
export function basiqEvents(transport: BasiqTransport): UpstreamEvents {
  return {
    find: (id) =>
      orWhenUnknown(transport.get(`/events/${encodeURIComponent(id)}`, only(id, readEvent)), undefined),
    consentsOf: (userId) =>
      orWhenUnknown(transport.get(`/users/${encodeURIComponent(userId)}/consents`, readConsents), []),
  };
}

const eventSchema = z.object({
  id: upstreamId,
  entity: shortText,
  eventType: shortText,
  userId: userIdSchema,
  dataRef: text,
});

/** Throws if the reply is not an event about a user. */
function readEvent(reply: unknown): UpstreamEvent {
  const { id, entity, eventType, userId, dataRef } = z.parse(eventSchema, reply);
  return { id, entity, eventType, userId, path: linkIn(dataRef)?.split("?")[0] ?? "" };
}

const consentListSchema = z.object({ data: z.array(z.object({ id: upstreamId, status: text })) });

/** Throws if the reply is not a list of consents: a consent that we miss would end jobs. */
function readConsents(reply: unknown): UpstreamConsent[] {
  const { data } = z.parse(consentListSchema, reply);
  return data.map(({ id, status }) => ({ id, isActive: status === "active" }));
}
