import { ApiError, NetworkError } from "./errors.ts";
import { pause } from "./pause.ts";

/** How long a call tries again. */
export interface Patience {
  tries: number;
  /** A `Retry-After` that asks for a longer pause ends the call. */
  longestPauseMs: number;
}

/** A single call: about 4 s, if the API does not ask for a pause. */
export const PATIENCE_OF_A_CALL: Patience = { tries: 4, longestPauseMs: 60_000 };

/** Following a job: about 5 minutes without any reply. Each reply starts this time again. */
export const PATIENCE_OF_A_WATCH: Patience = { tries: 15, longestPauseMs: 15 * 60_000 };

const FIRST_PAUSE_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

export interface Retries {
  /** Returns whether another request does no harm, although the first one may have arrived. */
  mayRepeat(): boolean;
  patience: Patience;
  signal?: AbortSignal | undefined;
}

/** Calls `attempt` until it succeeds. Throws its last error when another try would be wrong or useless. */
export async function withRetries<Value>(attempt: () => Promise<Value>, retries: Retries): Promise<Value> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const ms = failures < retries.patience.tries ? pauseAfter(error, failures, retries) : undefined;
      if (ms === undefined) throw error;
      await pause(ms, retries.signal);
    }
  }
}

/** Returns the milliseconds until the next try, or `undefined` if there must be none. */
function pauseAfter(error: unknown, failures: number, { mayRepeat, patience }: Retries): number | undefined {
  // Clients that failed at the same time must not try again at the same time.
  const spread = Math.random();
  if (!(error instanceof ApiError)) {
    return error instanceof NetworkError && mayRepeat() ? backoff(failures, spread) : undefined;
  }
  const { status, code, retryAfterSeconds } = error;
  // With this header, the API says that it did nothing.
  if (retryAfterSeconds !== undefined && (status === 429 || status === 503)) {
    const ms = retryAfterSeconds * 1000;
    return ms <= patience.longestPauseMs ? ms * (1 + spread / 10) : undefined;
  }
  const isTemporary = /^(408|429|5..)$/.test(String(status)) && code !== "reply-too-large";
  return isTemporary && mayRepeat() ? backoff(failures, spread) : undefined;
}

function backoff(failures: number, spread: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS) * (0.5 + spread / 2);
}
