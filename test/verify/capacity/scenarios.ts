import type { Scenario } from "./simulate.ts";

/*
 * What the page shows. A plain job and one with a challenge follow the bank in slices of 12 s (the default); one that waits has
 * `followSliceSeconds: 0`, so that no function runs between two readings.
 */

export const KINDS = ["plain", "with MFA", "plain, waits"] as const;
export type KindName = (typeof KINDS)[number];

export const KIND: { readonly [name in KindName]: Pick<Scenario, "kind" | "followSliceSeconds"> } = {
  plain: { kind: "plain" },
  "with MFA": { kind: "mfa" },
  "plain, waits": { kind: "plain", followSliceSeconds: 0 },
};

/** So few clients that nothing is throttled: they show what one job takes. */
export const ALONE: Pick<Scenario, "concurrency" | "load"> = {
  concurrency: 1_000,
  load: [{ minutes: 10, perSecond: 0.1 }],
};

/** New clients a second, for five minutes each, on the ten functions of a new account. */
export const RATES: { readonly [name in "plain" | "with MFA"]: readonly number[] } = {
  plain: [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.6, 2, 3, 4],
  "with MFA": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2],
};
export const RATE_MINUTES = 5;

/** What the page recommends for each number of concurrent executions: how many jobs may run, and how many requests may wait. */
export const LIMITS = {
  10: { maxRunning: 5, waiters: 1 },
  100: { maxRunning: 68, waiters: 3 },
  1000: { maxRunning: 698, waiters: 3 },
} as const;
type Concurrency = keyof typeof LIMITS;

export const BEFORE_MINUTES = 3;
export const OVERLOAD_MINUTES = 10;

export interface Overload {
  name: KindName;
  concurrency: Concurrency;
  isLimited: boolean;
  /** New clients a second: before and after the overload, and during it. */
  usual: number;
  most: number;
}

/** About half of what the functions can do, then ten minutes of about four times as much as they can do. */
export const OVERLOADS: readonly Overload[] = [
  { name: "plain", concurrency: 10, isLimited: false, usual: 0.5, most: 4 },
  { name: "plain", concurrency: 10, isLimited: true, usual: 0.5, most: 4 },
  { name: "with MFA", concurrency: 10, isLimited: false, usual: 0.3, most: 2.4 },
  { name: "with MFA", concurrency: 10, isLimited: true, usual: 0.3, most: 2.4 },
  { name: "plain", concurrency: 100, isLimited: false, usual: 5, most: 40 },
  { name: "plain", concurrency: 100, isLimited: true, usual: 5, most: 40 },
  { name: "with MFA", concurrency: 100, isLimited: true, usual: 3, most: 24 },
  { name: "plain", concurrency: 1_000, isLimited: true, usual: 50, most: 400 },
  { name: "with MFA", concurrency: 1_000, isLimited: true, usual: 30, most: 240 },
];

export function overloadScenario({ name, concurrency, isLimited, usual, most }: Overload): Scenario {
  return {
    ...KIND[name],
    concurrency,
    ...(isLimited && LIMITS[concurrency]),
    load: [
      { minutes: BEFORE_MINUTES, perSecond: usual },
      { minutes: OVERLOAD_MINUTES, perSecond: most },
      { minutes: isLimited ? 4 : 25, perSecond: usual },
    ],
    drainMinutes: 120,
  };
}

export function rateScenario(name: keyof typeof RATES, perSecond: number, isLimited: boolean): Scenario {
  return {
    ...KIND[name],
    concurrency: 10,
    ...(isLimited && LIMITS[10]),
    load: [{ minutes: RATE_MINUTES, perSecond }],
    drainMinutes: 120,
  };
}
