import type { Authorization } from "./institution.ts";
import type { Step } from "./steps.ts";

export const PHASES = [
  "accepted",
  "opening",
  "following",
  "challenged",
  "awaiting-answer",
  "answered",
  "sending-answer",
  "queued",
  "succeeded",
  "failed",
] as const;

export type Phase = (typeof PHASES)[number];

export const CHALLENGE_METHODS = ["token", "security-questions"] as const;
export type ChallengeMethod = (typeof CHALLENGE_METHODS)[number];

/** What the bank asks the user. Numbered within a job: an answer counts for its own challenge only. */
export interface Challenge {
  number: number;
  method: ChallengeMethod;
  description: string;
  input: string[];
  /** As upstream gave it. Our own deadline is `expiresAt`. */
  expiryMs: number;
  /** When upstream last changed its job, as it wrote it: tells a challenge from the same one asked again. */
  upstreamUpdated: string;
  /** Set when the challenge is shown to the user. ISO 8601. */
  expiresAt?: string | undefined;
  /** Set when an answer was taken: no other one counts from then on. */
  isAnswered?: true | undefined;
}

/** Whom the credentials come from: a create or an update brings a login, a refresh uses the one that upstream has. */
export const JOB_KINDS = ["create", "update", "refresh"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Why a queued job waits. The one that is ready for the user waits for somebody to be there, and not for the bank. */
export const QUEUE_REASONS = ["institution-unavailable", "challenge-not-answered", "ready-for-user"] as const;
export type QueueReason = (typeof QUEUE_REASONS)[number];

/** Since when a job was first held it has one, also while a further attempt is under way. */
export interface Queue {
  /** ISO 8601, as are the others. */
  nextAttemptAt: string;
  expiresAt: string;
  /** `institution-unavailable` when absent. */
  reason?: QueueReason | undefined;
  /** Upstream itself makes the attempts, under the upstream job that we know. */
  isUpstreams?: true | undefined;
  /** Challenges of further attempts that nobody answered. */
  unanswered?: number | undefined;
}

export interface Job {
  id: string;
  userId: string;
  institutionId: string;
  authorization: Authorization;
  /** `create` when absent. */
  kind?: JobKind | undefined;
  phase: Phase;
  /** Grows by one with every change; the condition of every write. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /** Which execution drives the job: each one that takes the place of another has the next number. 1 when absent. */
  generation?: number | undefined;
  /** When the sweeper is to look at the job. Absent once the job is over and has left nothing behind. */
  sweepAt?: string | undefined;
  /** Nobody was told of it, and it goes. */
  isDropped?: true | undefined;
  steps: Step[];
  /** Since when the job is at its current step; absent while none runs. */
  stepSince?: string | undefined;
  /** Tries to open the connection that were made or are being made. */
  attempt: number;
  /** When the current attempt began. */
  attemptAt?: string | undefined;
  /** From when on a login or an answer that upstream does not know may be sent once more. */
  sendAgainAt?: string | undefined;
  /** Upstream jobs of earlier attempts and earlier jobs on the same claim: never taken for this attempt's. */
  knownUpstreamJobIds: string[];
  upstreamJobId?: string | undefined;
  /** Of an update and a refresh from the beginning; of a create once upstream has told it. */
  connectionId?: string | undefined;
  /** When following gives up. */
  followUntil?: string | undefined;
  /** What was left of the time for following when a challenge stopped it, in ms. */
  followLeftMs?: number | undefined;
  challenge?: Challenge | undefined;
  /** The workflow's task token, sealed, base64. */
  sealedTaskToken?: string | undefined;
  queue?: Queue | undefined;
}

export function kindOf(job: Pick<Job, "kind">): JobKind {
  return job.kind ?? "create";
}

export function generationOf(job: Pick<Job, "generation">): number {
  return job.generation ?? 1;
}

/** Whether more has become of the job than that it was accepted. One that is resumed is accepted once more. */
export function hasBegun({ phase, attempt }: Pick<Job, "phase" | "attempt">): boolean {
  return phase !== "accepted" || attempt > 0;
}

export function isFinished({ phase }: Pick<Job, "phase">): boolean {
  return phase === "succeeded" || phase === "failed";
}

/** What only one job at a time may be about: a user's account at an institution, or a connection that there is. */
export type ClaimOn = { userId: string } & ({ institutionId: string } | { connectionId: string });

export function claimOf(job: Pick<Job, "kind" | "userId" | "institutionId" | "connectionId">): ClaimOn {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "create" || connectionId === undefined) return { userId, institutionId };
  return { userId, connectionId };
}
