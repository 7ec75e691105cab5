import type {
  EventListReply,
  EventReply,
  EventTypeListReply,
  EventTypeReply,
} from "../../http/reply-schemas.ts";
import { type JobReplyOptions, renderJob, timestamp } from "../../jobs/api/replies.ts";
import { pathOf, type StoredEvent } from "../domain/event.ts";
import { EVENT_TYPES, type EventTypeInfo } from "../domain/event-types.ts";
import type { EventsPage } from "../domain/ports.ts";

export function renderEvent(event: StoredEvent, options: JobReplyOptions): EventReply {
  const { apiUrl } = options;
  const { id, userId } = event;
  const head = { type: "event", id, createdDate: timestamp(event.storedAt) } as const;
  const links = { self: `${apiUrl}/events/${id}` };
  if (event.entity !== "job") {
    const { entity, eventType, path } = event;
    const named = userId === undefined ? {} : { userId };
    return { ...head, entity, eventType, ...named, dataRef: apiUrl + path, data: {}, links };
  }
  const { entity, eventType, sequence, job } = event;
  const data = { sequence, job: renderJob(job, options) };
  return { ...head, entity, eventType, userId: event.userId, dataRef: apiUrl + pathOf(event), data, links };
}

export interface AskedFor {
  filter: string | undefined;
  limit: string | undefined;
  after: string | undefined;
}

/** Renders a page of events. Its links repeat the parameters of the request. */
export function renderEventList(
  { events, next }: EventsPage,
  asked: AskedFor,
  options: JobReplyOptions,
): EventListReply {
  const linkTo = (query: AskedFor) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, value);
    }
    return `${options.apiUrl}/events${search.size > 0 ? `?${search}` : ""}`;
  };
  return {
    type: "list",
    size: events.length,
    data: events.map((event) => renderEvent(event, options)),
    links: { self: linkTo(asked), ...(next !== undefined && { next: linkTo({ ...asked, after: next }) }) },
  };
}

export function renderEventType({ id, description }: EventTypeInfo, apiUrl: string): EventTypeReply {
  return { type: "eventType", id, description, links: { self: `${apiUrl}/events/types/${id}` } };
}

export function renderEventTypes(apiUrl: string): EventTypeListReply {
  const data = EVENT_TYPES.map((type) => renderEventType(type, apiUrl));
  const links = { self: `${apiUrl}/events/types` };
  return { type: "list", size: data.length, count: data.length, data, links };
}
