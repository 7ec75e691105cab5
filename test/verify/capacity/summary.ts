import * as z from "zod";
import type { Result, Window } from "./simulate.ts";
import { WINDOW_MS } from "./simulate.ts";

const WINDOWS_A_MINUTE = 60_000 / WINDOW_MS;

const counts = z.record(z.string(), z.number());
const minute = z.strictObject({
  offered: z.number(),
  succeeded: z.number(),
  refused: z.number(),
  refusedBare: z.number(),
  missed: z.number(),
  running: z.number(),
  /** Of the jobs that ended in this minute, in seconds; null if none did. */
  p95: z.nullable(z.number()),
});

/** What the page needs of a simulation. */
export const summarySchema = z.strictObject({
  offered: z.number(),
  accepted: z.number(),
  succeeded: z.number(),
  failed: counts,
  turnedAway: z.number(),
  lost: z.number(),
  doubled: z.number(),
  secretsLeft: z.number(),
  replies: counts,
  missed: z.number(),
  requests: z.number(),
  throttled: counts,
  longestSeconds: z.number(),
  minutes: z.array(minute),
});

export type Summary = z.infer<typeof summarySchema>;
export type Minute = z.infer<typeof minute>;

export function summaryOf(result: Result): Summary {
  const { windows, secondsByWindow, seconds, usage: _, mostRunning: __, ...rest } = result;
  const count = Math.ceil(windows.length / WINDOWS_A_MINUTE);
  const minutes = Array.from({ length: count }, (_, index): Minute => {
    const from = index * WINDOWS_A_MINUTE;
    const part = windows.slice(from, from + WINDOWS_A_MINUTE);
    const sum = (name: keyof Window) => part.reduce((total, window) => total + window[name], 0);
    const took = secondsByWindow.slice(from, from + WINDOWS_A_MINUTE).flat();
    return {
      offered: sum("offered"),
      succeeded: sum("succeeded"),
      refused: sum("refused"),
      refusedBare: sum("refusedBare"),
      missed: sum("missed"),
      running: rounded(sum("running") / WINDOWS_A_MINUTE),
      p95: took.length === 0 ? null : rounded(percentile(took, 0.95)),
    };
  });
  return { ...rest, longestSeconds: rounded(Math.max(0, ...seconds)), minutes };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * The whole minutes after an overload until jobs are as before: the first minute of which 95 % of the jobs took at most one and a
 * half times as long as before the overload, and at least as many ended as clients came, but for a fifth. Undefined: never.
 */
export function minutesUntilBack(
  { minutes }: Pick<Summary, "minutes">,
  beforeMinutes: number,
  overloadMinutes: number,
): number | undefined {
  const usual = Math.max(...minutes.slice(1, beforeMinutes).map(({ p95 }) => p95 ?? 0));
  const after = minutes.slice(beforeMinutes + overloadMinutes);
  const index = after.findIndex(
    ({ p95, offered, succeeded }) => p95 !== null && p95 <= 1.5 * usual && succeeded >= 0.8 * offered,
  );
  return index === -1 ? undefined : index;
}
