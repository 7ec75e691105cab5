import { UpstreamUnavailable } from "./errors.ts";
import type { Job } from "./job.ts";
import type { Ports } from "./ports.ts";

/**
 * A login or an answer may be sent again this long after it was sent, if the aggregator does not know it by then.
 * This is longer than we wait for any request plus the time that it may stay in transit afterwards.
 */
export const IN_FLIGHT_MS = 60_000;

/** Returns whether a request that was sent has arrived by now, if it ever arrives. */
export function mayBeSentAgain(job: Pick<Job, "sendAgainAt">, now: Date): boolean {
  return job.sendAgainAt === undefined || Date.parse(job.sendAgainAt) <= now.getTime();
}

/**
 * We end an attempt after this long if the aggregator could not be reached, or its replies were not usable. The time
 * starts again after a pause that the aggregator asked for.
 */
const ATTEMPT_LIMIT_MS = 4 * 60_000;

/** No pause that the aggregator asks for later than this makes an attempt longer. */
const PAUSES_LIMIT_MS = 60 * 60_000;

/** Returns whether the login of this attempt must not be sent any more. */
export function isOverdue(
  job: Pick<Job, "attemptAt" | "pausedUntil">,
  msUntil: (moment: Date) => number,
): boolean {
  const { attemptAt, pausedUntil = attemptAt } = job;
  if (attemptAt === undefined || pausedUntil === undefined) return false;
  return Math.max(msUntil(new Date(attemptAt)), msUntil(new Date(pausedUntil))) < -ATTEMPT_LIMIT_MS;
}

/** Returns whether a pause that the aggregator asks for now makes the attempt longer. */
export function mayPause({ attemptAt }: Pick<Job, "attemptAt">, msUntil: (moment: Date) => number): boolean {
  return attemptAt !== undefined && msUntil(new Date(attemptAt)) > -PAUSES_LIMIT_MS;
}

/**
 * An aggregator that refuses a first login, but reports the bank as available, may only be restarting for this long.
 */
const BLIP_MS = 60_000;

/** Returns whether to send a login again in the same attempt, after a refusal because of an outage. */
export function mayBeBlip(job: Pick<Job, "attemptAt" | "queue">, msUntil: (moment: Date) => number): boolean {
  if (job.queue !== undefined || job.attemptAt === undefined) return false;
  return msUntil(new Date(job.attemptAt)) > -BLIP_MS;
}

/** Returns whether a request failed with an unknown result, but cannot be in transit any more. */
export function cannotArrive(error: unknown): boolean {
  return error instanceof UpstreamUnavailable && !error.mayStillArrive;
}

/** Returns the aggregator's reply, or `other` if it gave no usable reply. */
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

/**
 * Runs `attempt` again after each pause that the aggregator asks for, as long as the pause ends within `limitMs`.
 * Returns the pause in whole seconds if it is longer.
 */
export async function withPauses<Result>(
  { clock }: Pick<Ports, "clock">,
  limitMs: number,
  attempt: () => Promise<Result>,
): Promise<Result | { pauseSeconds: number }> {
  const end = clock.after(limitMs);
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const pauseMs = error instanceof UpstreamUnavailable ? error.retryAfterMs : undefined;
      if (pauseMs === undefined) throw error;
      if (pauseMs > clock.msUntil(end)) return { pauseSeconds: Math.ceil(pauseMs / 1000) };
      await clock.sleep(pauseMs);
    }
  }
}

/** Returns the time from which a request that is sent now may be sent again (ISO 8601). */
export function sendAgainAt(deps: Pick<Ports, "clock">): string {
  return deps.clock.after(IN_FLIGHT_MS).toISOString();
}
