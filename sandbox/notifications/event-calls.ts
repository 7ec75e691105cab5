import type { Outcome, Params, Situation } from "../call.ts";
import { type Properties, readFilter } from "../filter.ts";
import { notFound } from "../refusal.ts";
import { jsonReply } from "../reply.ts";
import type { Event } from "../state.ts";
import { timestamp } from "../timestamp.ts";
import { eventTypes } from "./event-types.ts";
import { withEventsOfJobs } from "./events.ts";

const conditions = ["eq"] as const;
const eventProperties: Properties<Event> = {
  "user.id": { conditions, read: ({ userId }) => userId },
  "event.entity": { conditions, read: ({ typeId }) => entityOf(typeId) },
  "event.type": { conditions, read: ({ typeId }) => kindOf(typeId) },
};

/** Lists events, newest first. */
export function listEvents({ state, call, now, setting }: Situation): Outcome {
  const filter = readFilter(call.query.get("filter"), eventProperties);
  if ("refusal" in filter) return filter;
  const { events } = withEventsOfJobs(state, now);
  const data = [...events.values()]
    .filter(filter.matches)
    .toReversed()
    .map((event) => eventReply(event, setting.baseUrl));
  const links = { self: `${setting.baseUrl}/events` };
  return { reply: jsonReply(200, { type: "list", data, links }), change: { events } };
}

export function getEvent({ state, now, setting }: Situation, { eventId }: Params): Outcome {
  const { events } = withEventsOfJobs(state, now);
  const event = events.get(eventId);
  if (event === undefined) return { refusal: notFound("event"), change: { events } };
  return { reply: jsonReply(200, eventReply(event, setting.baseUrl)), change: { events } };
}

export function listEventTypes({ setting: { baseUrl } }: Situation): Outcome {
  const data = [...eventTypes].map(([id, description]) => typeReply(id, description, baseUrl));
  const links = { self: `${baseUrl}/events/types` };
  return { reply: jsonReply(200, { type: "list", size: data.length, count: data.length, data, links }) };
}

export function getEventType({ setting }: Situation, { eventTypeId }: Params): Outcome {
  const description = eventTypes.get(eventTypeId);
  if (description === undefined) return { refusal: notFound("event type") };
  return { reply: jsonReply(200, typeReply(eventTypeId, description, setting.baseUrl)) };
}

function typeReply(id: string, description: string, baseUrl: string) {
  return { type: "eventType", id, description, links: { self: `${baseUrl}/events/types/${id}` } };
}

/** `data` has the id only: a program that needs more follows `dataRef`. */
function eventReply({ id, typeId, userId, path, at }: Event, baseUrl: string) {
  return {
    type: "event",
    id,
    createdDate: timestamp(at),
    entity: entityOf(typeId),
    eventType: kindOf(typeId),
    userId,
    dataRef: `${baseUrl}${path}`,
    data: { type: entityOf(typeId), id: path.split("/").at(-1), links: { self: `${baseUrl}${path}` } },
    links: { self: `${baseUrl}/events/${id}` },
  };
}

function entityOf(typeId: string): string {
  return typeId.slice(0, typeId.indexOf("."));
}

function kindOf(typeId: string): string {
  return typeId.slice(typeId.indexOf(".") + 1);
}
