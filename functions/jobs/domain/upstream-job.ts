import { QUEUED_UPSTREAM } from "./failures.ts";
import type { Challenge } from "./job.ts";
import { errorCodeOf, isOver, MFA_CHALLENGE, type Step, VERIFY_CREDENTIALS } from "./steps.ts";

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

/** What a list says of a job. */
export type ListedJob = Pick<UpstreamJob, "id" | "created" | "connectionId" | "institutionId">;

/** The challenge that waits for an answer, if one does. */
export function openChallenge(job: UpstreamJob): UpstreamJob["challenge"] {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return step === undefined || isOver(step.status) ? undefined : job.challenge;
}

/** Whether upstream holds the job in a queue of its own. */
export function isQueuedUpstream(job: UpstreamJob): boolean {
  const first = job.steps.find(({ title }) => title === VERIFY_CREDENTIALS);
  return first?.status === "pending" && errorCodeOf(first) === QUEUED_UPSTREAM;
}

/** Tolerated between our clock and upstream's when its list is searched for the job of an attempt. */
const CLOCK_SKEW_MS = 60_000;

export interface Attempt {
  institutionId: string;
  startedAt: string;
  knownUpstreamJobIds: readonly string[];
  /** The connection that is updated or refreshed; absent for one that is being made. */
  connectionId?: string | undefined;
}

/**
 * The upstream job of an attempt whose reply was lost: the newest one of the institution since the attempt began that
 * no earlier attempt or job is known to have made, and that is not about another connection. One that does not say when
 * it was made, or which connection it is about, counts.
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

/** A user's connection, as upstream lists it. */
export interface Connection {
  id: string;
  institutionId: string;
  /** The bank has not accepted any login for it yet. */
  isBeingMade?: true | undefined;
}
