import { mulberry32 } from "../../support/seeded-ids.ts";
import { assumptions } from "../bench/prices.ts";
import { INVOCATIONS_PER_SLOT, QUOTAS, type QuotaName, stageQuota, TokenBucket } from "./quotas.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** One call of an AWS service takes so many tokens of each of these. */
export type Tokens = { readonly [name in QuotaName]?: number };

/** The SDK's standard mode: three attempts; after throttling a random part of 0.5 s, then of 1 s. */
const MAX_ATTEMPTS = 3;
const THROTTLING_DELAY_MS = 500;

/** What the SDK throws when a service has throttled all attempts. */
export class ThrottlingException extends Error {
  override readonly name = "ThrottlingException";
  readonly $fault = "client";
  readonly $metadata = { httpStatusCode: 400 };
}

/** What Step Functions gets from Lambda when no function is free. */
export class TooManyRequestsException extends Error {
  override readonly name = "Lambda.TooManyRequestsException";
}

export interface AccountOptions {
  /** Lambda's concurrent executions. */
  concurrency: number;
  /** By function, the concurrent executions that are reserved for it. */
  reserved?: Readonly<Record<string, number>>;
  seed: number;
}

/** The quotas of an account, as buckets of tokens, and its functions. */
export class Account {
  readonly #time: VirtualTime;
  readonly #random: () => number;
  readonly #buckets: ReadonlyMap<QuotaName, TokenBucket>;
  readonly #invocations: TokenBucket;
  readonly #reserved: Readonly<Record<string, number>>;
  readonly #unreserved: number;
  readonly #running = new Map<string, number>();
  #unreservedRunning = 0;
  /** Function-milliseconds, by function. */
  readonly slotMs = new Map<string, number>();
  readonly invocations = new Map<string, number>();
  /** How often a function was not free, by function. */
  readonly throttles = new Map<string, number>();
  readonly calls = { reads: 0, writes: 0, readUnits: 0, writeUnits: 0, kms: 0 };
  running = 0;
  mostRunning = 0;

  constructor(time: VirtualTime, { concurrency, reserved = {}, seed }: AccountOptions) {
    this.#time = time;
    this.#random = mulberry32(seed);
    const quotas = { ...QUOTAS, "gateway, stage": stageQuota(concurrency) };
    const buckets = Object.entries(quotas).map(([name, quota]) => [name, new TokenBucket(time, quota)]);
    this.#buckets = new Map(buckets as [QuotaName, TokenBucket][]);
    const perSecond = INVOCATIONS_PER_SLOT * concurrency;
    this.#invocations = new TokenBucket(time, { bucket: perSecond, perSecond });
    this.#reserved = reserved;
    this.#unreserved = concurrency - Object.values(reserved).reduce((sum, each) => sum + each, 0);
  }

  bucket(name: QuotaName): TokenBucket {
    const found = this.#buckets.get(name);
    if (found === undefined) throw new Error(`There is no quota ${name}.`);
    return found;
  }

  /** What was throttled, and how often. */
  throttled(): Map<string, number> {
    const found = new Map<string, number>();
    const functions = [...this.throttles.values()].reduce((sum, each) => sum + each, 0);
    if (functions > 0) found.set("Lambda, concurrent executions", functions);
    if (this.#invocations.throttled > 0)
      found.set("Lambda, invocations a second", this.#invocations.throttled);
    for (const [name, { throttled }] of this.#buckets) if (throttled > 0) found.set(name, throttled);
    return found;
  }

  /** What was taken of each quota. */
  taken(): Record<string, number> {
    return Object.fromEntries([...this.#buckets].map(([name, { taken }]) => [name, taken]));
  }

  /** Calls a service as the SDK does: it repeats what was throttled, and gives up after the third time. */
  async call<Result>(tokens: Tokens, effect: () => Result | Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      await this.#time.sleep(assumptions.awsCallMs.value);
      if (this.#takes(tokens)) return effect();
      if (attempt === MAX_ATTEMPTS) throw new ThrottlingException("Rate exceeded");
      await this.#time.sleep(this.#random() * THROTTLING_DELAY_MS * 2 ** (attempt - 1));
    }
  }

  #takes(tokens: Tokens): boolean {
    const wanted = Object.entries(tokens) as [QuotaName, number][];
    if (!wanted.every(([name, amount]) => this.bucket(name).take(amount))) return false;
    for (const [name, amount] of wanted) this.#count(name, amount);
    return true;
  }

  #count(name: QuotaName, amount: number): void {
    if (name === "KMS, symmetric") this.calls.kms += 1;
    if (name.endsWith("table, reads")) this.calls.reads += 1;
    if (name.endsWith("table, writes")) this.calls.writes += 1;
    if (name.endsWith("reads")) this.calls.readUnits += amount;
    if (name.endsWith("writes")) this.calls.writeUnits += amount;
  }

  /** Runs a function. Throws `TooManyRequestsException` if none is free. */
  async invoke<Result>(name: string, run: () => Promise<Result>): Promise<Result> {
    if (!this.#starts(name)) {
      this.throttles.set(name, (this.throttles.get(name) ?? 0) + 1);
      throw new TooManyRequestsException("Rate Exceeded.");
    }
    const startedAt = this.#time.now();
    this.invocations.set(name, (this.invocations.get(name) ?? 0) + 1);
    try {
      await this.#time.sleep(assumptions.ownMs.value);
      return await run();
    } finally {
      this.slotMs.set(name, (this.slotMs.get(name) ?? 0) + this.#time.now() - startedAt);
      this.running -= 1;
      if (this.#reserved[name] === undefined) this.#unreservedRunning -= 1;
      else this.#running.set(name, (this.#running.get(name) ?? 0) - 1);
    }
  }

  #starts(name: string): boolean {
    const reserved = this.#reserved[name];
    const [most, now] =
      reserved === undefined
        ? [this.#unreserved, this.#unreservedRunning]
        : [reserved, this.#running.get(name) ?? 0];
    if (now >= most || !this.#invocations.take()) return false;
    if (reserved === undefined) this.#unreservedRunning += 1;
    else this.#running.set(name, now + 1);
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    return true;
  }
}
