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
  /** The job names its connection as its source. Jobs of statements do not, although they show a connection in a step. */
  namesSource?: true | undefined;
  institutionId?: string | undefined;
}

/** The aggregator's reply to a login or a refresh. */
export interface Posted {
  upstreamJobId: string;
  /** The aggregator did not take the request, and named a job that was not finished. */
  isEarlier?: true | undefined;
}

/** The fields of a job in the aggregator's lists. */
export interface ListedJob extends Pick<UpstreamJob, "id" | "created" | "connectionId" | "institutionId"> {
  /** The job reads a statement that a user uploaded. If this is absent, the job may still read one. */
  isOfStatement?: true | undefined;
}

type Question = Pick<Challenge, "method" | "description" | "input">;

/** Returns the challenge that waits for an answer, or `undefined`. */
export function openChallenge(job: UpstreamJob): UpstreamJob["challenge"] {
  const step = job.steps.find(({ title }) => title === MFA_CHALLENGE);
  return step === undefined || isOver(step.status) ? undefined : job.challenge;
}

/** Returns whether the bank asks the same question, in the same words. */
export function asksTheSame(challenge: Question, asked: Question | undefined): boolean {
  const words = ({ method, description, input }: Question) => JSON.stringify([method, description, input]);
  return asked !== undefined && words(asked) === words(challenge);
}

/** Returns whether the aggregator still waits for the answer to this challenge of ours. */
export function isStillAsked(challenge: Challenge, seen: UpstreamJob): boolean {
  const asked = openChallenge(seen);
  const isUnchanged = seen.updated !== "" && seen.updated === challenge.upstreamUpdated;
  return asked !== undefined && (isUnchanged || asksTheSame(challenge, asked));
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
 * Returns whether a job that the aggregator named instead of taking a login belongs to this attempt: a request of this
 * attempt, whose reply was lost, made it.
 */
export function isOfAttempt({ id, created }: Pick<UpstreamJob, "id" | "created">, attempt: Attempt): boolean {
  const isBefore = Date.parse(created) < Date.parse(attempt.startedAt) - CLOCK_SKEW_MS;
  return !isBefore && !isKnown(id, attempt.knownUpstreamJobIds);
}

/**
 * Finds the upstream job of an attempt whose reply was lost: the newest job of the institution since the attempt
 * began, without those of statements, of earlier attempts and of earlier jobs. For an update or a refresh, it is about the same
 * connection. For a create, the aggregator may name the same connection again for the same bank and login. So a job about a
 * connection that had a job before counts only if there is no other job. A job whose creation time or connection is missing
 * counts.
 */
export function findAttempt(listed: readonly ListedJob[], attempt: Attempt): ListedJob | undefined {
  const notBefore = Date.parse(attempt.startedAt) - CLOCK_SKEW_MS;
  const isEarlier = ({ created }: ListedJob) => Date.parse(created) < notBefore;
  const earlier = listed.filter(isEarlier).flatMap(({ connectionId }) => connectionId ?? []);
  const found = listed
    .filter((job) => job.institutionId === attempt.institutionId && !job.isOfStatement)
    .filter((job) => !isEarlier(job) && !isAboutAnother(job, attempt))
    .filter((job) => !isKnown(job.id, attempt.knownUpstreamJobIds))
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created));
  return found.find(({ connectionId = "" }) => !earlier.includes(connectionId)) ?? found[0];
}

/** Ignores the case of ids, because the aggregator may change it. */
export function isKnown(id: string, known: readonly string[]): boolean {
  return known.some((other) => other.toLowerCase() === id.toLowerCase());
}

function isAboutAnother(job: ListedJob, attempt: Attempt): boolean {
  if (job.connectionId === undefined || attempt.connectionId === undefined) return false;
  return job.connectionId !== attempt.connectionId;
}

/** A user's connection, as the aggregator lists it. */
export interface Connection {
  id: string;
  institutionId: string;
  /** The bank has not accepted any login for this connection yet. */
  isBeingMade?: true | undefined;
  /** Open banking: the user has not come back from the bank's own site, where the user agrees to the connection. */
  awaitsUser?: true | undefined;
}
