import type { Authorization } from "./institution.ts";
import type { Step, StepError, StepTimes } from "./steps.ts";

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

/**
 * A question that the bank asks the user. Challenges are numbered within a job: an answer counts
 * for its own challenge only.
 */
export interface Challenge {
  number: number;
  method: ChallengeMethod;
  description: string;
  input: string[];
  /** As the aggregator sent it. Our own deadline is `expiresAt`. */
  expiryMs: number;
  /**
   * When the aggregator last changed its job, as the aggregator wrote it. Distinguishes a
   * challenge from its repetition.
   */
  upstreamUpdated: string;
  /** Set when the challenge is opened to the user. ISO 8601. */
  expiresAt?: string | undefined;
  /** Set when an answer is accepted: no later answer counts. */
  isAnswered?: true | undefined;
  /** The aggregator's refusal of the answer, until a poll shows whether the aggregator went on without the answer. */
  refusal?: StepError | undefined;
  /** Until then, the aggregator may show the challenge although it took the answer. ISO 8601. */
  lingersUntil?: string | undefined;
  /** Until then, an answer that is posted again gets the bank's decision once more. ISO 8601. */
  repeatsUntil?: string | undefined;
}

/**
 * How the job begins. A create or an update brings a login, and a refresh uses the login that the aggregator has. An adopted
 * job (`adopt`) follows an upstream job that began without us: in the aggregator's Consent UI, with a statement, or in
 * another program.
 */
export const JOB_KINDS = ["create", "update", "refresh", "adopt"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** Why a queued job waits. With `ready-for-user`, the job waits for the presence of its user, not for the bank. */
export const QUEUE_REASONS = ["institution-unavailable", "challenge-not-answered", "ready-for-user"] as const;
export type QueueReason = (typeof QUEUE_REASONS)[number];

/**
 * What a parked job waits for: the time of its next attempt, its bank, or its user. Attempts that its bank or its user does not
 * let begin are counted from the clock, and not written.
 */
export const WAITS_FOR = ["attempt", "bank", "user"] as const;
export type WaitsFor = (typeof WAITS_FOR)[number];

/** Present since the job was first queued, also during further attempts. */
export interface Queue {
  /** ISO 8601, like `expiresAt`. Of the attempts that are counted from the clock, the first. */
  nextAttemptAt: string;
  expiresAt: string;
  /** Absent while an execution drives the job. Also absent in rows of earlier versions, whose executions wait themselves. */
  waitsFor?: WaitsFor | undefined;
  /** Absent means `institution-unavailable`. */
  reason?: QueueReason | undefined;
  /** The aggregator itself makes the attempts, in the upstream job that we know. */
  isUpstreams?: true | undefined;
  /**
   * The attempts that do not count in the pace of the queue: those before the job was queued, and those that its user asked for.
   * Absent in rows of earlier versions: 1.
   */
  uncounted?: number | undefined;
  /** The number of further attempts whose challenge was not answered. */
  unanswered?: number | undefined;
}

/** A login waits for the end of another job of the aggregator's, which would not take it before. */
export interface Blocked {
  upstreamJobId: string;
  /** When the login stops waiting. ISO 8601. */
  until: string;
}

export interface Job {
  id: string;
  userId: string;
  institutionId: string;
  authorization: Authorization;
  /** Absent means `create`. */
  kind?: JobKind | undefined;
  phase: Phase;
  /** Increases by one with every change. Every write has the version as its condition. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /**
   * The number of the execution that drives the job. Each execution that replaces another execution has the
   * next number. Absent means 1.
   */
  generation?: number | undefined;
  /** When the sweeper checks the job. Absent once the job is finished and nothing is left to clean up. */
  sweepAt?: string | undefined;
  /**
   * The job is being deleted. No client knows its id. `unless-repeated`: its login may be missing, and the sweeper
   * deletes the job, unless a repeated request completes it before.
   */
  isDropped?: true | "unless-repeated" | undefined;
  /** A repeated request completed the job. A write of the login from an earlier run may still arrive. */
  isRepeated?: true | undefined;
  steps: Step[];
  /** When the job reached its current step. Absent while no step runs. */
  stepSince?: string | undefined;
  /** Of the current or the last attempt. Absent if it has timed no step. */
  stepMs?: StepTimes | undefined;
  /** The number of attempts to open the connection, including the current attempt. */
  attempt: number;
  /** When the current attempt began. */
  attemptAt?: string | undefined;
  /** The aggregator asked us to send nothing before this time. ISO 8601. */
  pausedUntil?: string | undefined;
  /** From this time on, a login or an answer that the aggregator does not know may be sent again. */
  sendAgainAt?: string | undefined;
  /**
   * Upstream jobs of earlier attempts, and of earlier jobs with the same claim. They are never taken for the
   * upstream job of this attempt.
   */
  knownUpstreamJobIds: string[];
  upstreamJobId?: string | undefined;
  blocked?: Blocked | undefined;
  /** Set from the beginning for an update and a refresh. Set for other jobs once the aggregator has sent it. */
  connectionId?: string | undefined;
  /**
   * When the job fails because the aggregator refuses to show the upstream job. A poll that shows it removes this.
   * ISO 8601.
   */
  lostAt?: string | undefined;
  /** When we stop following the upstream job. */
  followUntil?: string | undefined;
  /** The time that was left for following when a challenge interrupted it, in milliseconds. */
  followLeftMs?: number | undefined;
  challenge?: Challenge | undefined;
  /** The workflow's task token, sealed, in base64. */
  sealedTaskToken?: string | undefined;
  queue?: Queue | undefined;
  /** The number of events that the job has made. Advanced in the write that makes them. Absent means 0. */
  eventCount?: number | undefined;
}

export function kindOf(job: Pick<Job, "kind">): JobKind {
  return job.kind ?? "create";
}

/** Returns whether the job comes with a login, which may be stored for as long as the job may need it. */
export function bringsLogin(job: Pick<Job, "kind">): boolean {
  return kindOf(job) === "create" || kindOf(job) === "update";
}

export function generationOf(job: Pick<Job, "generation">): number {
  return job.generation ?? 1;
}

/** What an execution passes to its Tasks. */
export interface TaskInput {
  jobId: string;
  /** Of the execution. Executions of earlier versions do not pass it. */
  generation?: number | undefined;
}

/**
 * Returns whether a later execution drives the job. The Tasks of an execution that was replaced do nothing: it may run on for a
 * moment after it has parked its job.
 */
export function isReplaced(
  job: Pick<Job, "generation">,
  { generation }: Pick<TaskInput, "generation">,
): boolean {
  return generation !== undefined && generation < generationOf(job);
}

/** Returns whether the job went beyond its first acceptance. A resumed job has the phase `accepted` again. */
export function hasBegun({ phase, attempt }: Pick<Job, "phase" | "attempt">): boolean {
  return phase !== "accepted" || attempt > 0;
}

export function isFinished({ phase }: Pick<Job, "phase">): boolean {
  return phase === "succeeded" || phase === "failed";
}

/**
 * A subject that at most one unfinished job may have: a user's account at an institution, or an existing connection.
 */
export type ClaimOn = { userId: string } & ({ institutionId: string } | { connectionId: string });

/**
 * Returns the subject of the job's claim: for a create the user's account at the institution, otherwise the connection. An
 * adopted job begins without a claim.
 */
export function claimOf(job: Pick<Job, "kind" | "userId" | "institutionId" | "connectionId">): ClaimOn {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "create" || connectionId === undefined) return { userId, institutionId };
  return { userId, connectionId };
}
