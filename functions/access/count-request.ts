import type { Ports } from "../jobs/domain/ports.ts";
import { Refusal } from "../jobs/domain/refusal.ts";
import { currentWindow, isTooMany, type RateLimit, retryAfterSeconds } from "./rate-limit.ts";

export type CountDeps = Pick<Ports, "clock" | "requestCounts">;

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
