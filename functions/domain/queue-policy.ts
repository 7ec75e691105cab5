const HOUR = 3600;

/** The published queue: an attempt every 2 hours, at most 84 after the first, which makes 7 days. */
export const RETRY_EVERY_SECONDS = 2 * HOUR;
export const MAX_RETRIES = 84;
export const MAX_ATTEMPTS = MAX_RETRIES + 1;
export const QUEUE_LIMIT_SECONDS = MAX_RETRIES * RETRY_EVERY_SECONDS;
