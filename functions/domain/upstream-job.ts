import type { Challenge } from "./job.ts";
import { isOver, MFA_CHALLENGE, type Step } from "./steps.ts";

/** Upstream's job, in our words. */
export interface UpstreamJob {
  id: string;
  created: string;
  updated: string;
  /** The challenge, where there is one, is apart: its step's result is `null`. */
  steps: Step[];
  challenge?: Pick<Challenge, "method" | "description" | "input" | "expiryMs"> | undefined;
  connectionId?: string | undefined;
  institutionId?: string | undefined;
}

/** The challenge that waits for an answer, if one does. */
export function openChallenge(job: UpstreamJob): UpstreamJob["challenge"] {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return step === undefined || isOver(step.status) ? undefined : job.challenge;
}

/** Tolerated between our clock and upstream's when its list is searched for the job of an attempt. */
const CLOCK_SKEW_MS = 60_000;

/**
 * The upstream job of an attempt whose reply was lost: the newest one of the institution since the attempt began that
 * no earlier attempt or job is known to have made. One that does not say when it was made counts.
 */
export function findAttempt(
  listed: readonly UpstreamJob[],
  attempt: { institutionId: string; startedAt: string; knownUpstreamJobIds: readonly string[] },
): UpstreamJob | undefined {
  const notBefore = Date.parse(attempt.startedAt) - CLOCK_SKEW_MS;
  return listed
    .filter((job) => job.institutionId === attempt.institutionId)
    .filter((job) => !(Date.parse(job.created) < notBefore))
    .filter((job) => !attempt.knownUpstreamJobIds.includes(job.id))
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created))[0];
}
