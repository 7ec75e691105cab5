import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import { fits, type RecordFilter } from "./record-filter.ts";
import type { BegunWrite, ChangeRecord, Item, StreamLog } from "./stream-log.ts";

/** The stream of a table, and the filters of its records. */
export interface LocalStream {
  tableName: string;
  /** A record that fits none of them is not made. */
  filters: readonly RecordFilter[];
}

/** A write of one item, as it goes over the wire. */
export interface WriteRequest {
  table: string;
  key: Item;
}

export interface StreamOptions {
  streams: readonly LocalStream[];
  log: StreamLog;
  /** Reads an item, consistently. Items with binary values are not supported. */
  read(table: string, key: Item): Promise<Item | undefined>;
  onRecord(record: ChangeRecord): void;
}

const writeRequest = z.object({
  TableName: z.string(),
  Key: z.record(z.string(), z.unknown()).optional(),
  Item: z.record(z.string(), z.unknown()).optional(),
});

const WRITES = ["PutItem", "UpdateItem", "DeleteItem"];

/**
 * Makes the records of streams, which dynalite does not have: reads an item before and after each write. Writes of one item run
 * one after the other, so that each record is of one write.
 */
export class TableStreams {
  readonly #options: StreamOptions;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Returns the write of a request if a stream wants its records. All tables with a stream have the key `pk`. */
  wanted(target: string, body: string): WriteRequest | undefined {
    if (!WRITES.some((operation) => target.endsWith(`.${operation}`))) return undefined;
    const parsed = writeRequest.safeParse(parseJson(body));
    if (!parsed.success) return undefined;
    const { TableName: table, Key, Item: item } = parsed.data;
    const key = { pk: (Key ?? item)?.["pk"] };
    const isWanted = this.#options.streams.some(
      ({ tableName, filters }) => tableName === table && filters.some((filter) => mayFit(filter, key)),
    );
    return isWanted ? { table, key } : undefined;
  }

  /** Makes the write, and the record of it. `perform` returns whether the write was accepted. */
  async record(write: WriteRequest, perform: () => Promise<boolean>): Promise<void> {
    await this.#inTurn(JSON.stringify(write), async () => {
      const { table, key } = write;
      const begun = this.#options.log.begin(table, key, await this.#options.read(table, key));
      const record = await this.#end(begun, await perform());
      if (record !== undefined) this.#options.onRecord(record);
    });
  }

  /** Finds out whether the writes were made during which an earlier run died. Adds their records to the log. */
  async recover(): Promise<void> {
    for (const begun of this.#options.log.begun) await this.#end(begun, true);
  }

  async #end(begun: BegunWrite, isMade: boolean): Promise<ChangeRecord | undefined> {
    const { log, read } = this.#options;
    const now = isMade ? await read(begun.table, begun.key) : begun.old;
    if (!isDeepStrictEqual(begun.old, now)) return log.made(begun, now);
    log.over(begun);
    return undefined;
  }

  async #inTurn(item: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(item) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(item, settled);
    await turn.finally(() => {
      if (this.#turns.get(item) === settled) this.#turns.delete(item);
    });
  }
}

/** Returns whether a record of the item may fit the filter. */
function mayFit({ dynamodb }: RecordFilter, Keys: Item): boolean {
  if (dynamodb === undefined || Array.isArray(dynamodb)) return true;
  const { Keys: wanted } = dynamodb;
  return wanted === undefined || fits({ Keys: wanted }, { Keys });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns a record as Lambda passes it to a function. */
export function streamRecord({ number, key, old, now, at }: ChangeRecord) {
  const eventName = old === undefined ? "INSERT" : now === undefined ? "REMOVE" : "MODIFY";
  return {
    eventID: String(number),
    eventName,
    eventSource: "aws:dynamodb",
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1000),
      Keys: key,
      OldImage: old,
      NewImage: now,
      SequenceNumber: String(number),
      StreamViewType: "NEW_AND_OLD_IMAGES",
    },
  };
}
