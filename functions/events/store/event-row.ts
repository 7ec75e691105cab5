import * as z from "zod/mini";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { shownJobRecord } from "../../jobs/store/job-record.ts";
import { ownerOf } from "../../platform/dynamo.ts";
import type { Event, StoredEvent } from "../domain/event.ts";
import { eventTypeOf, jobEventTypeOf, typeIdOf } from "../domain/event-types.ts";

/** Events can be read for this long. */
export const EVENT_DAYS = 90;

/** The index of all events, by the time at which they were stored. */
export const BY_TIME = { IndexName: "by-time", key: "listed", of: "events" } as const;

/** The index of a user's events, by the time at which they were stored. A hash names the user. */
export function byOwner(owner: string) {
  return { IndexName: "by-user", key: "listedUser", of: owner } as const;
}

export function eventKey(id: string) {
  return { pk: `event#${id}` };
}

const eventRow = z.object({
  pk: z.string(),
  id: z.string(),
  listed: z.literal(BY_TIME.of),
  /** Absent if the event is about no user. */
  listedUser: z.optional(z.string()),
  /** The time, the sequence and a part of the id: unique, and in the order of the events of one job. */
  place: z.string(),
  typeId: z.string(),
  /** Both for events of jobs. */
  sequence: z.optional(z.int()),
  job: z.optional(shownJobRecord),
  /** Both for other events. */
  userId: z.optional(z.string()),
  path: z.optional(z.string()),
});

/**
 * Returns the row of an event. Its key is the event's id, so that an event has one row, however often it is stored. It has
 * as few bytes as possible: DynamoDB writes it three times, and charges for each started kilobyte.
 */
export function rowOf(event: Event, now: Date) {
  const { id, userId } = event;
  const storedAt = now.toISOString();
  const sequence = event.entity === "job" ? event.sequence : 0;
  const row: z.output<typeof eventRow> = {
    ...eventKey(id),
    id,
    listed: BY_TIME.of,
    listedUser: userId === undefined ? undefined : ownerOf(userId),
    place: `${storedAt}#${String(sequence).padStart(6, "0")}#${id.slice(0, 8)}`,
    typeId: typeIdOf(event),
    ...(event.entity === "job" ? { sequence, job: event.job } : { userId: event.userId, path: event.path }),
  };
  return { ...row, expiresAt: storedUntil(storedAt, EVENT_DAYS) };
}

/** Returns `undefined` for a row that is no event. */
export function eventIn(row: unknown): (StoredEvent & { place: string }) | undefined {
  const parsed = z.safeParse(eventRow, row);
  const type = parsed.success ? eventTypeOf(parsed.data.typeId) : undefined;
  if (!parsed.success || type === undefined) return undefined;
  const { id, place, sequence, job, userId, path } = parsed.data;
  const stored = { id, place, storedAt: place.slice(0, place.indexOf("#")) };
  const { entity } = type;
  if (entity !== "job") {
    return path === undefined ? undefined : { ...stored, entity, eventType: type.eventType, userId, path };
  }
  const eventType = jobEventTypeOf(type.eventType);
  if (eventType === undefined || sequence === undefined || job === undefined) return undefined;
  return { ...stored, entity, eventType, userId: job.userId.toLowerCase(), sequence, job };
}

/** The row that says that a user was erased. A hash names the user. */
export function erasedKey(owner: string) {
  return { pk: `erased#${owner}` };
}
