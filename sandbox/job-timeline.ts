import type { Job } from "./state.ts";
import {
  challengeExpired,
  queued,
  queueGivenUp,
  type StepError,
  verdictErrors,
  wrongAnswer,
} from "./step-errors.ts";

/** Durations in milliseconds at `timeScale` 1. */
const stepMs = 2_000;
export const challengeMs = 120_000;
const queueMs = 7 * 24 * 3_600_000;

export type StepState =
  | { readonly status: "pending" | "in-progress" | "success" | "skipped" }
  | { readonly status: "pending" | "failed"; readonly error: StepError }
  | { readonly status: "in-progress"; readonly asks: true };

export type Timeline = {
  readonly verify: StepState;
  /** Undefined for an institution without MFA. */
  readonly mfa?: StepState;
  readonly accounts: StepState;
  readonly transactions: StepState;
  readonly updatedAt: number;
};

const pending = { status: "pending" } as const;
const inProgress = { status: "in-progress" } as const;
const success = { status: "success" } as const;

/**
 * Returns the state of a job at `now`, in milliseconds since the epoch. No code runs in the background: every state follows
 * from the times of the job's events.
 */
export function timelineOf(job: Job, now: number): Timeline {
  const rest = {
    ...(job.mfa.kind === "no-step" ? {} : { mfa: pending }),
    accounts: pending,
    transactions: pending,
  };
  if (job.startedAt === null) {
    const givenUpAt = job.createdAt + queueMs / job.timeScale;
    return now < givenUpAt
      ? { ...rest, verify: { status: "pending", error: queued }, updatedAt: job.createdAt }
      : { ...rest, verify: { status: "failed", error: queueGivenUp }, updatedAt: givenUpAt };
  }
  const verifiedAt = job.startedAt + stepMs / job.timeScale;
  if (now < verifiedAt) return { ...rest, verify: inProgress, updatedAt: job.startedAt };
  if (job.verdict !== "accepted") {
    return {
      ...rest,
      verify: { status: "failed", error: verdictErrors[job.verdict] },
      updatedAt: verifiedAt,
    };
  }
  return { ...afterLogin(job, verifiedAt, now), verify: success };
}

function afterLogin(job: Job, verifiedAt: number, now: number): Omit<Timeline, "verify"> {
  if (job.mfa.kind === "no-step") return retrieval(job, verifiedAt, now);
  if (job.mfa.kind === "skipped") return { ...retrieval(job, verifiedAt, now), mfa: { status: "skipped" } };
  const rest = { accounts: pending, transactions: pending };
  if (job.answer === null) {
    const expiresAt = verifiedAt + challengeMs / job.timeScale;
    return now < expiresAt
      ? { ...rest, mfa: { status: "in-progress", asks: true }, updatedAt: verifiedAt }
      : { ...rest, mfa: { status: "failed", error: challengeExpired }, updatedAt: expiresAt };
  }
  const decidedAt = job.answer.at + stepMs / job.timeScale;
  if (now < decidedAt) return { ...rest, mfa: inProgress, updatedAt: job.answer.at };
  return job.answer.isRight
    ? { ...retrieval(job, decidedAt, now), mfa: success }
    : { ...rest, mfa: { status: "failed", error: wrongAnswer }, updatedAt: decidedAt };
}

function retrieval(job: Job, from: number, now: number): Omit<Timeline, "verify" | "mfa"> {
  const accountsAt = from + stepMs / job.timeScale;
  const transactionsAt = accountsAt + stepMs / job.timeScale;
  if (now < accountsAt) return { accounts: inProgress, transactions: pending, updatedAt: from };
  if (now < transactionsAt) return { accounts: success, transactions: inProgress, updatedAt: accountsAt };
  return { accounts: success, transactions: success, updatedAt: transactionsAt };
}

/** What a job has read until `now`. `accountsAt` is in milliseconds since the epoch. */
export type Retrieval = { readonly accountsAt: number; readonly hasTransactions: boolean };

/** Returns undefined if the job has read no accounts. */
export function retrievalOf(job: Job, now: number): Retrieval | undefined {
  const { accounts, transactions, updatedAt } = timelineOf(job, now);
  if (accounts.status !== "success") return undefined;
  const hasTransactions = transactions.status === "success";
  return { accountsAt: hasTransactions ? updatedAt - stepMs / job.timeScale : updatedAt, hasTransactions };
}

/** Returns whether a step failed, or all steps are over. */
export function isFinished(job: Job, now: number): boolean {
  const { verify, mfa, accounts, transactions } = timelineOf(job, now);
  const steps = [verify, ...(mfa === undefined ? [] : [mfa]), accounts, transactions];
  return (
    steps.some(({ status }) => status === "failed") ||
    steps.every(({ status }) => status === "success" || status === "skipped")
  );
}

export function isWaitingInQueue(job: Job, now: number): boolean {
  return job.startedAt === null && timelineOf(job, now).verify.status === "pending";
}
