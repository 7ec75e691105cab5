import { throttleFor } from "../../../infra/aws/http-api.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Where a figure is from. `memory`: nobody looked it up, so a measurement should replace it. */
export interface Quota {
  readonly bucket: number;
  readonly perSecond: number;
  readonly source: string;
}

const STEP_FUNCTIONS = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html";
const KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html";
const ON_DEMAND = "https://repost.aws/knowledge-center/on-demand-table-throttling-dynamodb";
const PARTITIONS =
  "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html";
const GATEWAY = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";
const OUR_STAGE = "infra/aws/http-api.ts";

/** The limit of our own stage, which follows the setting `concurrency`. */
export function stageQuota(concurrency: number): Quota {
  const { rateLimit, burstLimit } = throttleFor(concurrency);
  return { bucket: burstLimit, perSecond: rateLimit, source: OUR_STAGE };
}

/** A bucket of one second: AWS says no more than so many a second. */
const perSecond = (units: number, source: string): Quota => ({ bucket: units, perSecond: units, source });

/**
 * The quotas of one account in Sydney (ap-southeast-2), as AWS documents them. AWS raises most of them on request, and gives new
 * accounts less of some: of Lambda's concurrent executions and of state transitions.
 */
export const QUOTAS = {
  "gateway, account": { bucket: 5_000, perSecond: 10_000, source: GATEWAY },
  "gateway, stage": stageQuota(10),
  StateTransition: { bucket: 800, perSecond: 800, source: STEP_FUNCTIONS },
  StartExecution: { bucket: 800, perSecond: 150, source: STEP_FUNCTIONS },
  SendTaskSuccess: { bucket: 1_500, perSecond: 300, source: STEP_FUNCTIONS },
  DescribeExecution: { bucket: 250, perSecond: 10, source: STEP_FUNCTIONS },
  StopExecution: { bucket: 500, perSecond: 25, source: STEP_FUNCTIONS },
  "KMS, symmetric": perSecond(20_000, KMS),
  "jobs table, writes": perSecond(4_000, ON_DEMAND),
  "jobs table, reads": perSecond(12_000, ON_DEMAND),
  "secrets table, writes": perSecond(4_000, ON_DEMAND),
  "secrets table, reads": perSecond(12_000, ON_DEMAND),
  "events table, writes": perSecond(4_000, ON_DEMAND),
  // All entries of this index have the same partition key.
  "index by-time, writes": perSecond(1_000, PARTITIONS),
  // The entries of unfinished jobs are in four partitions.
  "index swept-by-time 0, writes": perSecond(1_000, PARTITIONS),
  "index swept-by-time 1, writes": perSecond(1_000, PARTITIONS),
  "index swept-by-time 2, writes": perSecond(1_000, PARTITIONS),
  "index swept-by-time 3, writes": perSecond(1_000, PARTITIONS),
  "index swept-by-time, reads": perSecond(12_000, PARTITIONS),
} as const satisfies { readonly [name: string]: Quota };

export type QuotaName = keyof typeof QUOTAS;

/** "10 x concurrent executions quota" invocations a second, for synchronous ones. Lambda's quotas. */
export const INVOCATIONS_PER_SLOT = 10;

/** A bucket of tokens that fills again all the time. */
export class TokenBucket {
  readonly #time: Pick<VirtualTime, "now">;
  readonly #size: number;
  readonly #perMs: number;
  #tokens: number;
  #at: number;
  /** How often somebody was refused or had to wait. */
  throttled = 0;
  taken = 0;

  constructor(time: Pick<VirtualTime, "now">, { bucket, perSecond }: Pick<Quota, "bucket" | "perSecond">) {
    this.#time = time;
    this.#size = bucket;
    this.#perMs = perSecond / 1000;
    this.#tokens = bucket;
    this.#at = time.now();
  }

  /** Returns false, and takes nothing, if the bucket has too few tokens. */
  take(tokens = 1): boolean {
    this.#fill();
    if (this.#tokens < tokens) {
      this.throttled += 1;
      return false;
    }
    this.#tokens -= tokens;
    this.taken += tokens;
    return true;
  }

  /** Takes the tokens in any case, and returns the milliseconds until they are there. */
  reserve(tokens: number): number {
    this.#fill();
    this.#tokens -= tokens;
    this.taken += tokens;
    if (this.#tokens >= 0) return 0;
    this.throttled += 1;
    return -this.#tokens / this.#perMs;
  }

  #fill(): void {
    const now = this.#time.now();
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
