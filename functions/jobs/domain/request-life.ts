/** An API function lives 29 s, however time is divided. */
const REQUEST_MS = 30_000;

/** Whether a request that was at work at a moment may still be: whoever wants to take its place waits until it is dead. */
export function mayBeAtWork(since: string, now: Date): boolean {
  return now.getTime() < Date.parse(since) + REQUEST_MS;
}
