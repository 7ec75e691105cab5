import { QUEUED_UPSTREAM } from "./failures.ts";
import type { Challenge } from "./job.ts";
import { errorCodeOf, isOver, MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "./steps.ts";

/** The aggregator's job, in our terms. */
export interface UpstreamJob {
  id: string;
  created: string;
  updated: string;
  /** The step of a challenge has the result `null`; `challenge` contains the challenge itself. */
  steps: Step[];
  challenge?: Pick<Challenge, "method" | "description" | "input" | "expiryMs"> | undefined;
  connectionId?: string | undefined;
  institutionId?: string | undefined;
}

/** The fields of a job in the aggregator's lists. */
export type ListedJob = Pick<UpstreamJob, "id" | "created" | "connectionId" | "institutionId">;

/** Returns the challenge that waits for an answer, or `undefined`. */
export function openChallenge(job: UpstreamJob): UpstreamJob["challenge"] {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return step === undefined || isOver(step.status) ? undefined : job.challenge;
}

/** Returns whether the aggregator holds the job in its own queue. */
export function isQueuedUpstream(job: UpstreamJob): boolean {
  const first = job.steps.find(({ title }) => title === VERIFY_CREDENTIALS);
  return first?.status === "pending" && errorCodeOf(first) === QUEUED_UPSTREAM;
}

/**
 * The tolerated difference between our clock and the aggregator's, when we search its list for the job of an attempt.
 */
const CLOCK_SKEW_MS = 60_000;

export interface Attempt {
  institutionId: string;
  startedAt: string;
  knownUpstreamJobIds: readonly string[];
  /** The connection that is updated or refreshed; absent if the attempt creates a connection. */
  connectionId?: string | undefined;
}

/**
 * Finds the upstream job of an attempt whose reply was lost: the newest job of the institution since the attempt
 * began, without those of earlier attempts and earlier jobs, and without those of other connections. A job whose
 * creation time or connection is missing counts.
 */
export function findAttempt(listed: readonly ListedJob[], attempt: Attempt): ListedJob | undefined {
  const notBefore = Date.parse(attempt.startedAt) - CLOCK_SKEW_MS;
  const isEarlier = ({ created }: ListedJob) => Date.parse(created) < notBefore;
  const older = listed.filter(isEarlier).flatMap(({ connectionId }) => connectionId ?? []);
  const isAboutAnother = ({ connectionId }: ListedJob) => {
    if (connectionId === undefined) return false;
    return attempt.connectionId === undefined
      ? older.includes(connectionId)
      : connectionId !== attempt.connectionId;
  };
  return listed
    .filter((job) => job.institutionId === attempt.institutionId)
    .filter((job) => !isEarlier(job) && !isAboutAnother(job))
    .filter((job) => !attempt.knownUpstreamJobIds.includes(job.id))
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created))[0];
}

/** A user's connection, as the aggregator lists it. */
export interface Connection {
  id: string;
  institutionId: string;
  /** The bank has not accepted any login for this connection yet. */
  isBeingMade?: true | undefined;
}
