const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits before the attempts of a message: 10 attempts over 75 hours. */
const WAITS_MS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** Waits differ by up to a tenth, so that messages of one outage do not all come back at the same time. */
const JITTER = 0.1;

/** A receiver may ask for a longer wait, up to this. */
const MAX_ASKED_MS = 24 * HOUR;

/** Longer than a first attempt takes, with the wait for its turn. */
export const FIRST_ATTEMPT_WITHIN_MS = MINUTE;

/** A receiver has to reply within this time. */
export const REPLY_WITHIN_MS = 15 * SECOND;

/**
 * Returns the wait after this many failed attempts, in milliseconds; `undefined` after the last. `random` is from 0 up to 1, and
 * `askedMs` is what the receiver asked for with `Retry-After`.
 */
export function waitAfter(tries: number, random: number, askedMs = 0): number | undefined {
  const wait = WAITS_MS[tries];
  if (wait === undefined) return undefined;
  return Math.max(wait * (1 + JITTER * random), Math.min(askedMs, MAX_ASKED_MS));
}
