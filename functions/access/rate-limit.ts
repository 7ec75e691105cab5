import type { Clock } from "../jobs/domain/clock.ts";
import { Refusal } from "../jobs/domain/refusal.ts";

const WINDOW_MS = 5 * 60_000;

/**
 * How many requests pass in a window.
 *
 * `token`, for each API key: the published limit (https://api.basiq.io/docs/api-rate-limiting), and its window. A backend that keeps
 * its server token, and gets one for each session of a user, stays far below it.
 *
 * `user`, for each user, over all routes that post: published clients repeat an MFA answer every 5 s until the job goes on,
 * which is 60 in a window for one job. 600 let ten such jobs of one user go on at once; a person makes a few.
 */
export const RATE_LIMITS = { token: 1_500, user: 600 } as const;

export type RateLimit = keyof typeof RATE_LIMITS;

/** Windows follow each other without a gap, and are the same for everybody. */
export interface RateWindow {
  /** No other one has it. */
  number: number;
  endsAt: Date;
}

/** The window that it is now. Time since 1970 is a duration like any other: a scaled clock has more windows in it. */
export function currentWindow(clock: Pick<Clock, "after" | "msUntil">): RateWindow {
  const sinceMs = -clock.msUntil(new Date(0));
  const number = Math.floor(sinceMs / WINDOW_MS);
  return { number, endsAt: clock.after((number + 1) * WINDOW_MS - sinceMs) };
}

/** Whether a request is one too many, of which so many were counted, with it. */
export function isTooMany(limit: RateLimit, counted: number): boolean {
  return counted > RATE_LIMITS[limit];
}

/** Whole seconds until the next window has begun. */
export function retryAfterSeconds({ endsAt }: RateWindow, now: Date): number {
  return Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000));
}

export interface RequestCounts {
  /** Counts one more request of somebody in a window, and returns the count. */
  add(limit: RateLimit, of: string, window: RateWindow): Promise<number>;
}

export interface CountDeps {
  clock: Clock;
  requestCounts: RequestCounts;
}

/** Counts a request that has nothing wrong with it, before anything comes of it. Throws a `Refusal` when it is one too many. */
export async function countRequest(deps: CountDeps, limit: RateLimit, of: string): Promise<void> {
  const window = currentWindow(deps.clock);
  const counted = await deps.requestCounts.add(limit, of, window);
  if (!isTooMany(limit, counted)) return;
  throw new Refusal({
    reason: "rate-exceeded",
    retryAfterSeconds: retryAfterSeconds(window, deps.clock.now()),
  });
}
