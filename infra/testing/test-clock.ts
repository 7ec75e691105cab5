import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate as turn } from "node:timers/promises";
import type { Delay, WaitReason } from "../local/abortable-delay.ts";
import { NamedTimes } from "./named-times.ts";

/**
 * The clock skips waits up to this length by itself: those for the bank's work and between two polls. It never skips the two hours
 * of the queue, or the two minutes in which a user can answer.
 */
const LONGEST_SKIPPED_MS = 60_000;

/** Node stores the delay of a timer in 32 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface Wait {
  dueAt: number;
  readonly reason: WaitReason;
  readonly isSkipped: boolean;
  /** How often a schedule runs. */
  readonly everyMs: number;
  end(): void;
}

/** A wait before code checks again whether others have changed something. It ends in real time, or at a change. */
interface Rest {
  readonly since: number;
  end(): void;
}

/** An invocation of a function. It counts as work unless it waits. */
interface Invocation {
  readonly isWatching: boolean;
  waits: number;
  isOver: boolean;
}

/** Turns real milliseconds since 1970 into those that the system sees, and ends its waits. */
export class TestClock {
  readonly #realNow: () => number;
  #aheadMs = 0;
  /** The time while it stands still. */
  #stoppedAt: number | undefined;
  #isPaused = false;
  readonly #waits = new Set<Wait>();
  readonly #rests = new Set<Rest>();
  readonly #invocations = new AsyncLocalStorage<Invocation>();
  readonly #named = new NamedTimes();
  /** How many pieces of work run, and how many have begun. */
  #running = 0;
  #begun = 0;
  #changes = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #isSkipping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(realNow: () => number) {
    this.#realNow = realNow;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#stoppedAt ?? this.#realNow() + this.#aheadMs;
  }

  /** Waits for nominal time. Rejects with the signal's reason when it aborts. */
  readonly delay: Delay = (milliseconds, signal, reason) =>
    new Promise((resolve, reject) => {
      const over = this.#begin(milliseconds, reason, () => {
        signal.removeEventListener("abort", abort);
        resolve();
      });
      const abort = () => {
        over();
        reject(signal.reason);
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });

  /** Runs an invocation of a function. One that is watching waits in {@link sleep} for what others change. */
  async invoke<Result>(isWatching: boolean, run: () => Promise<Result>): Promise<Result> {
    const invocation = { isWatching, waits: 0, isOver: false };
    this.#start();
    try {
      return await this.#invocations.run(invocation, run);
    } finally {
      invocation.isOver = true;
      if (invocation.waits === 0) this.#stop();
    }
  }

  /** Waits within an invocation. An invocation that waits does not count as work, even if it also does something else. */
  sleep(milliseconds: number): Promise<void> {
    const invocation = this.#invocations.getStore();
    if (invocation === undefined || invocation.isOver)
      return this.delay(milliseconds, new AbortController().signal, "pause");
    return new Promise((resolve) => {
      if (invocation.waits++ === 0) this.#stop();
      const end = () => {
        if (--invocation.waits === 0 && !invocation.isOver) this.#start();
        resolve();
      };
      if (invocation.isWatching) this.#rest(milliseconds, end);
      else this.#begin(milliseconds, "pause", end);
    });
  }

  /** Counts work that continues after the reply to the call that caused it. */
  async during<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#start();
    try {
      return await work();
    } finally {
      this.#stop();
    }
  }

  /** Notes that something was written. `text` may name times at which a schedule finds work. */
  wrote(text: string): void {
    this.#changes += 1;
    this.#named.add(text);
  }

  /** Returns how a loop waits that checks something again and again. The loop counts as work between two waits. */
  restOfLoop(): (milliseconds: number, signal: AbortSignal) => Promise<void> {
    let isWorking = false;
    return (milliseconds, signal) =>
      new Promise((resolve) => {
        if (isWorking) this.#stop();
        const end = () => {
          signal.removeEventListener("abort", over);
          isWorking = !signal.aborted;
          if (isWorking) this.#start();
          resolve();
        };
        const over = this.#rest(milliseconds, end);
        signal.addEventListener("abort", over, { once: true });
      });
  }

  /**
   * Moves the time forward, through everything that is due on the way: each at its time, and the next only when nothing is left to
   * do. Resolves when the system waits again.
   */
  async advance(milliseconds: number): Promise<void> {
    await this.#inTurn(async () => {
      this.#stoppedAt = this.now();
      const target = this.#stoppedAt + milliseconds;
      await this.#quiet();
      for (let due = this.#nextDue(); due <= target; due = this.#nextDue()) {
        this.#moveTo(due);
        await this.#quiet();
      }
      this.#moveTo(target);
      await this.#quiet();
      if (!this.#isPaused) this.#release();
    });
    await this.settled();
  }

  /** Resolves when the system has nothing left to do before a wait that the clock does not skip. */
  async settled(): Promise<void> {
    for (;;) {
      await this.#inTurn(() => this.#quiet());
      if (this.#isPaused || !this.#hasSkipped()) return;
    }
  }

  /** From now on, only {@link advance} moves the time. */
  async pause(): Promise<void> {
    await this.#inTurn(async () => {
      this.#isPaused = true;
      this.#stoppedAt ??= this.now();
      this.#arm();
    });
  }

  async resume(): Promise<void> {
    await this.#inTurn(async () => {
      this.#isPaused = false;
      this.#release();
    });
  }

  /** Lets the time continue from where it was stopped. */
  #release(): void {
    if (this.#stoppedAt !== undefined) this.#aheadMs = this.#stoppedAt - this.#realNow();
    this.#stoppedAt = undefined;
    this.#arm();
    this.#skip();
  }

  /** Returns a function that ends the wait early, without a call of `onDue`. */
  #begin(milliseconds: number, reason: WaitReason, onDue: () => void): () => void {
    const isSkipped = reason === "pause" && milliseconds <= LONGEST_SKIPPED_MS;
    const everyMs = Math.max(1, milliseconds);
    // All schedules of one interval run at the same times, as those of EventBridge do.
    const last = reason === "schedule" ? Math.floor(this.now() / everyMs) * everyMs : this.now();
    const wait: Wait = { reason, isSkipped, dueAt: last + milliseconds, everyMs, end: onDue };
    this.#waits.add(wait);
    this.#arm();
    if (isSkipped) this.#skip();
    return () => {
      this.#waits.delete(wait);
      this.#arm();
    };
  }

  #rest(milliseconds: number, onEnd: () => void): () => void {
    const end = () => {
      if (!this.#rests.delete(rest)) return;
      clearTimeout(timer);
      onEnd();
    };
    const rest: Rest = { since: this.#changes, end };
    const timer = setTimeout(end, milliseconds);
    this.#rests.add(rest);
    return end;
  }

  #start(): void {
    this.#running += 1;
    this.#begun += 1;
  }

  #stop(): void {
    this.#running -= 1;
    if (this.#running > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when no work runs, and none begins by itself. */
  async #quiet(): Promise<void> {
    for (;;) {
      if (this.#running > 0) {
        this.#idle ??= Promise.withResolvers();
        await this.#idle.promise;
      }
      const begun = this.#begun;
      // What the end of the work causes begins within this turn.
      await turn();
      if (this.#running > 0 || this.#begun !== begun) continue;
      const changed = [...this.#rests].filter(({ since }) => since < this.#changes);
      if (changed.length === 0) return;
      for (const rest of changed) rest.end();
    }
  }

  /** When the next wait ends; `Infinity` if there is none. Leaves out the runs of schedules that would find nothing to do. */
  #nextDue(): number {
    return Math.min(...[...this.#waits].map((wait) => this.#dueOf(wait)));
  }

  #dueOf({ reason, dueAt, everyMs }: Wait): number {
    return reason === "schedule" ? this.#named.nextRun(dueAt, everyMs) : dueAt;
  }

  /** Ends the waits that are due at the given time. */
  #moveTo(time: number): void {
    const to = Math.max(time, this.now());
    if (this.#stoppedAt === undefined) this.#aheadMs += to - this.now();
    else this.#stoppedAt = to;
    const due = [...this.#waits].filter((wait) => this.#dueOf(wait) <= to);
    for (const wait of this.#waits) {
      const { dueAt, everyMs } = wait;
      if (dueAt <= to && !due.includes(wait)) wait.dueAt += Math.ceil((to - dueAt + 1) / everyMs) * everyMs;
    }
    this.#end(due);
  }

  #end(due: readonly Wait[]): void {
    this.#changes += 1;
    if (due.some(({ reason }) => reason === "schedule")) this.#named.ran(this.now());
    for (const wait of due.toSorted((a, b) => a.dueAt - b.dueAt)) {
      this.#waits.delete(wait);
      wait.end();
    }
    this.#arm();
  }

  /** Ends waits in real time while the clock runs. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#stoppedAt !== undefined || this.#waits.size === 0) return;
    const next = Math.min(...[...this.#waits].map(({ dueAt }) => dueAt));
    const left = Math.min(Math.max(0, Math.ceil(next - this.now())), MAX_TIMER_MS);
    this.#timer = setTimeout(() => {
      if (this.#stoppedAt !== undefined) return;
      this.#end([...this.#waits].filter(({ dueAt }) => dueAt <= this.now()));
    }, left);
  }

  #hasSkipped(): boolean {
    return [...this.#waits].some(({ isSkipped }) => isSkipped);
  }

  /** Whenever nothing is left to do, moves the time to the end of the next skipped wait. */
  #skip(): void {
    if (this.#isSkipping || this.#isPaused) return;
    this.#isSkipping = true;
    void this.#skipAll().finally(() => {
      this.#isSkipping = false;
      if (this.#hasSkipped()) this.#skip();
    });
  }

  async #skipAll(): Promise<void> {
    while (this.#hasSkipped() && !this.#isPaused) {
      await this.#inTurn(async () => {
        await this.#quiet();
        if (this.#hasSkipped() && !this.#isPaused) this.#moveTo(this.#nextDue());
      });
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#lastTurn.then(work);
    this.#lastTurn = done.catch(() => undefined);
    return done;
  }
}
