import { createHash } from "node:crypto";
import type { Job } from "../../jobs/domain/job.ts";
import { eventTypesOf, type JobEventType } from "../../jobs/domain/job-events.ts";
import { type ShownJob, shownChallenge } from "../../jobs/domain/shown.ts";
import type { OtherEntity } from "./event-types.ts";

/** Something that happened to a job. */
export interface JobEvent {
  /** The same for every attempt to store the event. */
  id: string;
  entity: "job";
  eventType: JobEventType;
  /** The user of the job, in lower case. */
  userId: string;
  /** The number of the event among those of its job, from 1, without gaps. */
  sequence: number;
  /** The job as the API showed it after the change. */
  job: ShownJob;
}

/** An event that is not about a job. It has ids only: a reader requests the current state. */
export interface OtherEvent {
  id: string;
  entity: OtherEntity;
  eventType: string;
  /** In lower case. Absent if the event is about no user. */
  userId?: string | undefined;
  /** The path of what the event is about, relative to the address of our API. */
  path: string;
}

export type Event = JobEvent | OtherEvent;

export type StoredEvent = Event & {
  /** ISO 8601. */
  storedAt: string;
};

/** Returns the events of one write to a job's row, in their order. */
export function eventsOf(before: Job, after: Job): JobEvent[] {
  return eventTypesOf(before, after).map((eventType, index) => ({
    id: idOf(after, index),
    entity: "job",
    eventType,
    userId: after.userId.toLowerCase(),
    sequence: (before.eventCount ?? 0) + index + 1,
    job: shownJob(after),
  }));
}

/** Returns the path of what an event is about, relative to the address of our API. */
export function pathOf(event: Event): string {
  return event.entity === "job" ? `/jobs/${event.job.id}` : event.path;
}

/** The version names the write, and the index the event among those of the write. */
function idOf({ id, version }: Job, index: number): string {
  return createHash("sha256").update(`job ${id} ${version} ${index}`).digest("hex");
}

/** Returns the id of an event that is not about a job: the same for the same parts. */
export function otherEventId(entity: OtherEntity, ...parts: string[]): string {
  return createHash("sha256")
    .update([entity, ...parts].join(" "))
    .digest("hex");
}

/** The form of an event's id. */
export const EVENT_ID = /^[0-9a-f]{64}$/;

/** Copies what a reply shows and nothing else: a row also holds the sealed task token and ids of the aggregator. */
function shownJob(job: Job): ShownJob {
  const { id, userId, phase, createdAt, updatedAt, steps, attempt, connectionId } = job;
  const shown = { id, userId, phase, createdAt, updatedAt, steps, attempt, connectionId };
  return {
    ...shown,
    challenge: shownChallenge(job),
    queue: phase === "queued" ? job.queue : undefined,
  };
}
