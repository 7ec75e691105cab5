import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../../functions/jobs/domain/clock.ts";

interface Due {
  readonly at: number;
  readonly order: number;
  /** Undefined once it was cancelled. */
  fire: (() => void) | undefined;
}

/** How many cancelled entries may lie in the heap before it is built anew. */
const MAX_CANCELLED = 50_000;

/**
 * A clock that stands still until nothing is left to do, and then moves to the next time at which something is due. What is due at
 * the same time happens in the order in which it was asked for, so a run with the same seed is the same run.
 */
export class VirtualTime {
  #now: number;
  #heap: Due[] = [];
  #order = 0;
  #cancelled = 0;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** Returns a function that cancels. */
  after(ms: number, fire: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, ms), order: this.#order++, fire };
    this.#push(due);
    return () => {
      if (due.fire === undefined) return;
      due.fire = undefined;
      this.#cancelled += 1;
      if (this.#cancelled > MAX_CANCELLED && this.#cancelled > this.#heap.length / 2) this.#compact();
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** The delay of the interpreter of the workflow. Rejects with the signal's reason when it aborts. */
  readonly delay = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const cancel = this.after(ms, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = () => {
        cancel();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
    });

  clock(): Clock {
    return {
      now: () => new Date(this.#now),
      after: (ms) => new Date(this.#now + ms),
      msUntil: (moment) => moment.getTime() - this.#now,
      span: (ms) => ms,
      sleep: (ms) => this.sleep(ms),
    };
  }

  /** Lets everything happen that is due until then. Nothing may wait for real time. */
  async runUntil(endMs: number): Promise<void> {
    await turn();
    for (let next = this.#heap[0]; next !== undefined && next.at <= endMs; next = this.#heap[0]) {
      this.#now = Math.max(this.#now, next.at);
      while (this.#heap[0] !== undefined && this.#heap[0].at <= this.#now) {
        const { fire } = this.#pop();
        if (fire === undefined) this.#cancelled -= 1;
        else fire();
      }
      // The next turn of the event loop begins when no promise is left to settle.
      await turn();
    }
    this.#now = Math.max(this.#now, endMs);
  }

  #compact(): void {
    const left = this.#heap.filter(({ fire }) => fire !== undefined);
    this.#heap = left.toSorted(compared);
    this.#cancelled = 0;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let index = heap.push(due) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (compared(at(heap, above), due) <= 0) break;
      heap[index] = at(heap, above);
      index = above;
    }
    heap[index] = due;
  }

  #pop(): Due {
    const heap = this.#heap;
    const first = at(heap, 0);
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && compared(at(heap, below + 1), at(heap, below)) < 0) below += 1;
      if (compared(last, at(heap, below)) <= 0) break;
      heap[index] = at(heap, below);
      index = below;
    }
    heap[index] = last;
    return first;
  }
}

function compared(one: Due, other: Due): number {
  return one.at - other.at || one.order - other.order;
}

function at(heap: readonly Due[], index: number): Due {
  const found = heap[index];
  if (found === undefined) throw new Error("The heap has no such entry.");
  return found;
}
