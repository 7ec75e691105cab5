import type { Job } from "../../jobs/domain/job.ts";
import { type Event, eventsOf } from "../domain/event.ts";
import type { EventWriter } from "../domain/ports.ts";

/** A record of the jobs table's stream. */
export interface StreamRecord {
  /** The number of the record in the stream. */
  number: string;
  /** The key of the row. Records of one row are in the order of its writes. */
  row: string;
  jobId: string | undefined;
  /** Returns the job before and after a write; `undefined` if the record is no write to a job. Throws if it is unreadable. */
  read(): { before: Job; after: Job } | undefined;
}

export interface StoreDeps {
  events: EventWriter;
  /** Makes the messages of webhooks about an event. Making them again changes nothing. */
  announce(event: Event): Promise<void>;
  /** Receives every write to a job. A write may come again. */
  onWrite?(before: Job, after: Job): void;
  /** Receives every record that was set aside. */
  onSetAside(jobId: string | undefined, error: unknown): void;
}

/**
 * Stores the events of all records, in order for each row. A record that cannot be read is set aside and stops no other.
 * Throws if the store fails: the records then come again, and events that are stored already change nothing.
 */
export async function storeEvents(deps: StoreDeps, records: readonly StreamRecord[]): Promise<void> {
  const rows = Map.groupBy(records, ({ row }) => row);
  const results = await Promise.allSettled([...rows.values()].map((one) => storeInOrder(deps, one)));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function storeInOrder(deps: StoreDeps, records: readonly StreamRecord[]): Promise<void> {
  let isErased: boolean | undefined;
  for (const record of records) {
    for (const event of await eventsIn(deps, record)) {
      isErased ??= await deps.events.isErased(event.userId);
      if (!isErased) await store(deps, event);
    }
  }
}

/** A function may die between these calls: the record then comes again, and the rest is done. */
async function store({ events, announce }: StoreDeps, event: Event): Promise<void> {
  await events.add(event);
  await announce(event);
}

async function eventsIn(deps: StoreDeps, record: StreamRecord) {
  try {
    const write = record.read();
    if (write === undefined) return [];
    deps.onWrite?.(write.before, write.after);
    return eventsOf(write.before, write.after);
  } catch (error) {
    await deps.events.setAside({ record: record.number, jobId: record.jobId });
    deps.onSetAside(record.jobId, error);
    return [];
  }
}
