import type { Clock } from "../jobs/domain/clock.ts";
import { Refusal } from "../jobs/domain/refusal.ts";

const WINDOW_MS = 5 * 60_000;

/**
 * The number of requests allowed in one window of 5 minutes.
 *
 * `token`, per API key: the published limit and window (https://api.basiq.io/docs/api-rate-limiting). A backend that
 * caches its server token, and requests one client token for each session of a user, stays far below this limit.
 *
 * `user`, per user, over all POST routes for connections and jobs: published clients repeat an MFA answer every 5 s
 * until the job continues, which makes 60 requests in a window for one job. A limit of 600 allows ten such jobs of
 * one user at the same time; a person makes a few.
 *
 * `address`, per IP address, over all public routes: a page that connects banks reads a few lists for each person, and
 * the people of an office share an address.
 *
 * `public`, over all addresses: requests of public routes that no cache answers. Our account at the aggregator has one
 * limit, and callers without a token must not use it up.
 */
export const RATE_LIMITS = { token: 1_500, user: 600, address: 300, public: 600 } as const;

export type RateLimit = keyof typeof RATE_LIMITS;

/** A fixed window. Windows follow each other without a gap, and are the same for all keys and users. */
export interface RateWindow {
  /** Unique to this window. */
  number: number;
  endsAt: Date;
}

/**
 * Returns the current window, of 5 minutes unless another length is given. Windows are counted from 1970 in the clock's own
 * durations: a scaled clock has more windows in the same time.
 */
export function currentWindow(
  clock: Pick<Clock, "after" | "msUntil">,
  windowMs: number = WINDOW_MS,
): RateWindow {
  const sinceMs = -clock.msUntil(new Date(0));
  const number = Math.floor(sinceMs / windowMs);
  return { number, endsAt: clock.after((number + 1) * windowMs - sinceMs) };
}

/** Returns whether `counted` requests, including the current request, exceed the limit. */
export function isTooMany(limit: RateLimit, counted: number): boolean {
  return counted > RATE_LIMITS[limit];
}

/** Returns the whole seconds until the next window has begun; at least 1. */
export function retryAfterSeconds({ endsAt }: RateWindow, now: Date): number {
  return Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000));
}

export interface RequestCounts {
  /**
   * Counts a request of an API key, a user or an address in a window, or one that found room for its job. Returns the
   * count, including this request.
   */
  add(limit: RateLimit | "room", of: string, window: RateWindow): Promise<number>;
}

export interface CountDeps {
  clock: Clock;
  requestCounts: RequestCounts;
}

export interface UserCountDeps extends CountDeps {
  erasures: { isErased(userId: string): Promise<boolean> };
}

/**
 * As {@link countRequest}, for a request that writes something for a user. Every such request passes here before its
 * first write, so that nothing is written for a user who was erased: throws a `Refusal` for one.
 */
export async function countUserRequest(deps: UserCountDeps, userId: string): Promise<void> {
  if (await deps.erasures.isErased(userId)) throw new Refusal("user-not-found");
  await countRequest(deps, "user", userId);
}

/** Counts a valid request before executing it. Throws a `Refusal` if the request exceeds the limit. */
export async function countRequest(deps: CountDeps, limit: RateLimit, of: string): Promise<void> {
  const window = currentWindow(deps.clock);
  const counted = await deps.requestCounts.add(limit, of, window);
  if (!isTooMany(limit, counted)) return;
  throw new Refusal({
    reason: "rate-exceeded",
    retryAfterSeconds: retryAfterSeconds(window, deps.clock.now()),
  });
}
