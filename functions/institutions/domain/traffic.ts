import type { StepTimes, TIMED_STEPS } from "../../jobs/domain/steps.ts";
import type { EndedAttempt, Result } from "./attempt.ts";

/** Attempts are counted by the minute in which they ended. */
const MINUTE_MS = 60_000;

/** The health of an institution is that of this many minutes, and of the minute that has begun. */
const WINDOW_MINUTES = 60;

/** Returns the name of a minute, such as `2026-01-05T09:00`. */
export function minuteOf(at: string): string {
  return at.slice(0, "2026-01-05T09:00".length);
}

/** Returns the minutes of the window that ends now, oldest first. */
export function minutesUntil(now: Date): string[] {
  return Array.from({ length: WINDOW_MINUTES + 1 }, (_, index) =>
    minuteOf(new Date(now.getTime() - (WINDOW_MINUTES - index) * MINUTE_MS).toISOString()),
  );
}

/**
 * The upper bounds of the classes of a step's times, in milliseconds: 0.5 s, and then each √2 times the one before, up to 24
 * minutes. What takes longer counts as the last class. A median is the geometric middle of its class, so that it is at most 19 %
 * too high or 16 % too low.
 */
const CLASS_BOUNDS = Array.from({ length: 24 }, (_, index) => Math.round(500 * 2 ** (index / 2)));
const LAST_CLASS = CLASS_BOUNDS.length - 1;

export function classOf(ms: number): number {
  const found = CLASS_BOUNDS.findIndex((bound) => ms <= bound);
  return found === -1 ? LAST_CLASS : found;
}

/** How many times a step took, by its class. */
export type Histogram = ReadonlyMap<number, number>;

/** Returns the median in milliseconds; `undefined` without times. */
export function medianOf(histogram: Histogram): number | undefined {
  const total = [...histogram.values()].reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(total / 2);
  for (const [place, count] of [...histogram].toSorted(([one], [other]) => one - other)) {
    left -= count;
    if (left <= 0) return Math.round((CLASS_BOUNDS[place] ?? 0) / 2 ** 0.25);
  }
  return undefined;
}

/** The counts of the attempts that ended in some time. */
export interface Tally {
  results: { readonly [result in Result]: number };
  times: { readonly [step in keyof StepTimes]-?: Histogram };
}

/** Counts attempts. */
export function tallyOf(attempts: readonly EndedAttempt[]): Tally {
  return {
    results: eachResult((result) => attempts.filter((attempt) => attempt.result === result).length),
    times: eachStep((step) => {
      const classes = attempts.flatMap(({ stepMs: { [step]: ms } }) =>
        ms === undefined ? [] : [classOf(ms)],
      );
      return new Map([...Map.groupBy(classes, (place) => place)].map(([place, all]) => [place, all.length]));
    }),
  };
}

export function sumOf(tallies: readonly Tally[]): Tally {
  return {
    results: eachResult((result) => tallies.reduce((sum, { results }) => sum + results[result], 0)),
    times: eachStep((step) => {
      const sum = new Map<number, number>();
      for (const { times } of tallies) {
        for (const [place, count] of times[step]) sum.set(place, (sum.get(place) ?? 0) + count);
      }
      return sum;
    }),
  };
}

/** Returns the share of attempts that succeeded, of those that were not stopped by their users; `undefined` without any. */
export function successRateOf({ results }: Tally): number | undefined {
  const { succeeded, institution, aggregator, us } = results;
  const all = succeeded + institution + aggregator + us;
  return all === 0 ? undefined : succeeded / all;
}

function eachResult(countOf: (result: Result) => number): Tally["results"] {
  return {
    succeeded: countOf("succeeded"),
    institution: countOf("institution"),
    aggregator: countOf("aggregator"),
    us: countOf("us"),
    user: countOf("user"),
  };
}

function eachStep(histogramOf: (step: (typeof TIMED_STEPS)[number]) => Histogram): Tally["times"] {
  return {
    "verify-credentials": histogramOf("verify-credentials"),
    "retrieve-accounts": histogramOf("retrieve-accounts"),
    "retrieve-transactions": histogramOf("retrieve-transactions"),
  };
}
