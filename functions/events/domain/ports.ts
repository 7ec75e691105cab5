import type { Event, StoredEvent } from "./event.ts";

/*
 * The ports through which events reach their table. `test/conformance/events.test.ts` has a suite for each.
 */

/** A record of the jobs table's stream that could not be read. */
export interface SetAside {
  /** The number of the record in the stream. */
  record: string;
  jobId: string | undefined;
}

export interface EventWriter {
  /** Stores an event. Storing it again changes nothing. */
  add(event: Event): Promise<void>;
  /** Returns whether the user was erased: no event of the user may be stored any more. */
  isErased(userId: string): Promise<boolean>;
  setAside(record: SetAside): Promise<void>;
}

export interface EventsPage {
  /** In the order in which they were stored. */
  events: StoredEvent[];
  /** The id after which the next page begins; `undefined` if all events were read. */
  next: string | undefined;
}

export interface PageOptions {
  /** Only the events of this user. */
  userId: string | undefined;
  /** Only events that were stored after this one. */
  after: string | undefined;
  limit: number;
  /** Returns only events for which this is true. The store reads the others too. */
  wanted: ((event: Event) => boolean) | undefined;
}

export interface EventReader {
  find(id: string): Promise<StoredEvent | undefined>;
  /** Returns events that are at least 5 seconds old. Returns `undefined` if the event `after` does not exist. */
  page(options: PageOptions): Promise<EventsPage | undefined>;
}
