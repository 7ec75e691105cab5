import { UpstreamUnavailable } from "./errors.ts";
import type { Job } from "./job.ts";

/** Longer than any request to upstream is waited for, and than one may lie on its way after that. */
const IN_FLIGHT_MS = 60_000;

/**
 * From when on a login or an answer that is sent now may be sent again, should upstream not know of it then. A matter of
 * the network: no scale of time shortens it.
 */
export function sendAgainAt(sentAt: Date): string {
  return new Date(sentAt.getTime() + IN_FLIGHT_MS).toISOString();
}

/** Whether what was sent has arrived by now if it ever will. */
export function mayBeSentAgain(job: Pick<Job, "sendAgainAt">, now: Date): boolean {
  return job.sendAgainAt === undefined || Date.parse(job.sendAgainAt) <= now.getTime();
}

/** Whether an exchange ended without telling what became of it, but with nothing left on its way. */
export function isSettled(error: unknown): boolean {
  return error instanceof UpstreamUnavailable && !error.mayStillArrive;
}
