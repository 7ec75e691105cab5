const MIN_MS = 60_000;
export const MAX_ANSWER_MS = 15 * 60_000;

/**
 * How long an answer is waited for. Upstream's `expiryMs` has been seen as 120000 and as 3600: the latter, taken
 * literally, would leave a user 3.6 s.
 */
export function answerWithinMs(expiryMs: number): number {
  return Math.min(Math.max(expiryMs, MIN_MS), MAX_ANSWER_MS);
}
