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

export interface Queue {
  /** ISO 8601, as are the others. */
  nextAttemptAt: string;
  expiresAt: string;
}

export interface Job {
  id: string;
  userId: string;
  institutionId: string;
  authorization: Authorization;
  phase: Phase;
  /** Grows by one with every change; the condition of every write. */
  version: number;
  createdAt: string;
  updatedAt: string;
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

export function isFinished({ phase }: Pick<Job, "phase">): boolean {
  return phase === "succeeded" || phase === "failed";
}
