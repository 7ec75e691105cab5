import { UpstreamUnavailable } from "./errors.ts";
import type { Job } from "./job.ts";
import type { Ports } from "./ports.ts";

/**
 * A login or an answer may be sent again this long after it was sent, should upstream not know of it then: longer than any
 * request is waited for, and than one may lie on its way after that.
 */
export const IN_FLIGHT_MS = 60_000;

/** Whether what was sent has arrived by now if it ever will. */
export function mayBeSentAgain(job: Pick<Job, "sendAgainAt">, now: Date): boolean {
  return job.sendAgainAt === undefined || Date.parse(job.sendAgainAt) <= now.getTime();
}

/** An attempt in which upstream could not be reached, or not be understood, is given up after this long. */
const ATTEMPT_LIMIT_MS = 4 * 60_000;

/** Whether a login of this attempt is not sent any more. */
export function isOverdue(job: Pick<Job, "attemptAt">, msUntil: (moment: Date) => number): boolean {
  return job.attemptAt !== undefined && msUntil(new Date(job.attemptAt)) < -ATTEMPT_LIMIT_MS;
}

/** For how long an upstream that refuses a first login, while the bank's record says that it is up, may only be restarting. */
const BLIP_MS = 60_000;

/** Whether a login that was refused because of an outage is worth another try in the same attempt. */
export function mayBeBlip(job: Pick<Job, "attemptAt" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.queue !== undefined || job.attemptAt === undefined) return false;
  return msUntil(new Date(job.attemptAt)) > -BLIP_MS;
}

/** Whether an exchange ended without telling what became of it, but with nothing left on its way. */
export function isSettled(error: unknown): boolean {
  return error instanceof UpstreamUnavailable && !error.mayStillArrive;
}

/** What upstream was asked, or the other value when it gave no usable reply. */
export async function orWhenUnavailable<Asked, Other>(
  asking: Promise<Asked>,
  other: Other,
): Promise<Asked | Other> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UpstreamUnavailable) return other;
    throw error;
  }
}

/** From when on what is sent now may be sent again. */
export function sendAgainAt(deps: Pick<Ports, "clock">): string {
  return deps.clock.after(IN_FLIGHT_MS).toISOString();
}
