import { abortableDelay, type Delay } from "./abortable-delay.ts";
import { fits } from "./aws/dynamodb/record-filter.ts";
import { streamRecord } from "./aws/dynamodb/stream.ts";
import type { ChangeRecord, StreamLog } from "./aws/dynamodb/stream-log.ts";
import type { StreamMapping } from "./template/deployed.ts";

export interface DeliveryOptions {
  mappings: readonly StreamMapping[];
  log: StreamLog;
  invoke(functionArn: string, event: unknown): Promise<unknown>;
  timeScale: number;
  delay?: Delay;
}

/** Lambda waits longer from time to time. */
const RETRY_MS = 1_000;

/** Ctrl-C ends the program within two seconds, and the tables must close after the invocations that use them. */
const CLOSE_WITHIN_MS = 500;

/**
 * Passes the records of streams to their functions, those of one item in order, each until its function succeeds. A record that
 * fails delays only later records of its item.
 */
export class RecordDelivery {
  readonly #options: DeliveryOptions;
  /** The records of each item that are not delivered. */
  readonly #waiting = new Map<string, ChangeRecord[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  /** Begins with the records that an earlier run left. */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    for (const record of options.log.records) this.add(record);
  }

  add(record: ChangeRecord): void {
    const item = JSON.stringify([record.table, record.key]);
    const waiting = this.#waiting.get(item);
    if (waiting !== undefined) return void waiting.push(record);
    this.#waiting.set(item, [record]);
    const running = this.#deliver(item).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const waited = new AbortController();
    const tooLong = abortableDelay(CLOSE_WITHIN_MS, waited.signal).catch(() => undefined);
    await Promise.race([Promise.all(this.#running), tooLong]);
    waited.abort();
  }

  async #deliver(item: string): Promise<void> {
    const { log, timeScale, delay = abortableDelay } = this.#options;
    const waiting = this.#waiting.get(item) ?? [];
    for (let record = waiting[0]; record !== undefined; record = waiting[0]) {
      if (this.#stop.signal.aborted) return;
      if (await this.#isTaken(record)) {
        log.over(record);
        waiting.shift();
      } else {
        await delay(RETRY_MS / timeScale, this.#stop.signal, "retry").catch(() => undefined);
      }
    }
    this.#waiting.delete(item);
  }

  async #isTaken(record: ChangeRecord): Promise<boolean> {
    const sent = streamRecord(record);
    const wanting = this.#options.mappings.filter(
      ({ tableName, filters }) => tableName === record.table && filters.some((filter) => fits(filter, sent)),
    );
    const invoked = wanting.map(({ functionArn }) => this.#options.invoke(functionArn, { Records: [sent] }));
    const results = await Promise.allSettled(invoked);
    // The function has already logged the error.
    return results.every(({ status }) => status === "fulfilled");
  }
}
