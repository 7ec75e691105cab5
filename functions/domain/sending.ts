import { UpstreamUnavailable } from "./errors.ts";
import type { Job } from "./job.ts";

/**
 * A login or an answer may be sent again this long after it was sent, should upstream not know of it then: longer than any
 * request is waited for, and than one may lie on its way after that. The workflow's retries go on for longer still.
 */
export const IN_FLIGHT_MS = 60_000;

/** Whether what was sent has arrived by now if it ever will. */
export function mayBeSentAgain(job: Pick<Job, "sendAgainAt">, now: Date): boolean {
  return job.sendAgainAt === undefined || Date.parse(job.sendAgainAt) <= now.getTime();
}

/** Whether an exchange ended without telling what became of it, but with nothing left on its way. */
export function isSettled(error: unknown): boolean {
  return error instanceof UpstreamUnavailable && !error.mayStillArrive;
}
