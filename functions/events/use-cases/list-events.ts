import type { Event } from "../domain/event.ts";
import type { EventReader, EventsPage } from "../domain/ports.ts";

export interface ListEvents {
  filter: { userId?: string; entity?: Event["entity"]; eventType?: string };
  limit: number;
  after: string | undefined;
}

/** Returns a page of events, oldest first. Returns `undefined` if the event `after` does not exist. */
export function listEvents(
  deps: { events: Pick<EventReader, "page"> },
  { filter, limit, after }: ListEvents,
): Promise<EventsPage | undefined> {
  const { userId, entity, eventType } = filter;
  const wanted = (event: Event) =>
    (entity === undefined || event.entity === entity) &&
    (eventType === undefined || event.eventType === eventType);
  const filters = entity !== undefined || eventType !== undefined;
  return deps.events.page({ userId, after, limit, wanted: filters ? wanted : undefined });
}
