import type { Challenge, Job } from "../../functions/jobs/domain/job.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import type { Step, StepStatus } from "../../functions/jobs/domain/steps.ts";
import type { UpstreamJob } from "../../functions/jobs/domain/upstream-job.ts";
import { START } from "./fake-clock.ts";

export const JOB_ID = "5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b11";
export const USER_ID = "ea3a81";
export const UPSTREAM_JOB_ID = "61723";

export const gavin = { loginId: new Secret("gavinBelson"), password: new Secret("hooli2016") };

/** Steps of the given statuses, without results. */
export function stepsOf(statuses: { readonly [title: string]: StepStatus }): Step[] {
  return Object.entries(statuses).map(([title, status]) => ({ title, status, result: null }));
}

export const PLAIN = {
  "verify-credentials": "pending",
  "retrieve-accounts": "pending",
  "retrieve-transactions": "pending",
} as const;

export const WITH_MFA = {
  "verify-credentials": "pending",
  "mfa-challenge": "pending",
  "retrieve-accounts": "pending",
  "retrieve-transactions": "pending",
} as const;

export function jobOf(changes: Partial<Job> = {}): Job {
  return {
    id: JOB_ID,
    userId: USER_ID,
    institutionId: "AU00000",
    authorization: "user",
    phase: "accepted",
    version: 1,
    createdAt: START,
    updatedAt: START,
    steps: stepsOf(PLAIN),
    attempt: 0,
    knownUpstreamJobIds: [],
    ...changes,
  };
}

export function followingJob(changes: Partial<Job> = {}): Job {
  return jobOf({
    phase: "following",
    version: 3,
    attempt: 1,
    attemptAt: START,
    upstreamJobId: UPSTREAM_JOB_ID,
    followUntil: new Date(Date.parse(START) + 15 * 60_000).toISOString(),
    ...changes,
  });
}

export const question = {
  method: "token",
  description: "A code was sent to you",
  input: ["OTP Password"],
  expiryMs: 120_000,
} as const;

export function challengeOf(changes: Partial<Challenge> = {}): Challenge {
  return { ...question, input: [...question.input], number: 1, upstreamUpdated: START, ...changes };
}

/** A job that waits for the answer to its first challenge. */
export function awaitingJob(changes: Partial<Job> = {}): Job {
  return followingJob({
    authorization: "user-mfa",
    institutionId: "AU00002",
    phase: "awaiting-answer",
    version: 5,
    steps: stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" }),
    challenge: challengeOf({ expiresAt: new Date(Date.parse(START) + 120_000).toISOString() }),
    followLeftMs: 14 * 60_000,
    ...changes,
  });
}

export function lookOf(steps: { readonly [title: string]: StepStatus }, more: Partial<UpstreamJob> = {}) {
  const look: UpstreamJob = {
    id: UPSTREAM_JOB_ID,
    created: START,
    updated: START,
    institutionId: "AU00000",
    steps: stepsOf(steps),
    ...more,
  };
  return look;
}
