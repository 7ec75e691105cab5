import { createHash } from "node:crypto";
import {
  CREDENTIALS_REFUSED,
  isOurFailure,
  outcomeOf,
  SERVICE_UNAVAILABLE,
  USER_ACTION_REQUIRED,
  wasLeft,
} from "../../jobs/domain/failures.ts";
import { INSTITUTION_ID } from "../../jobs/domain/ids.ts";
import { type Job, kindOf } from "../../jobs/domain/job.ts";
import { isOverdue } from "../../jobs/domain/sending.ts";
import {
  errorCodeOf,
  type Step,
  type StepError,
  type StepTimes,
  statusOf,
  VERIFY_CREDENTIALS,
} from "../../jobs/domain/steps.ts";

/**
 * How an attempt to connect a bank ended. `institution`, `aggregator` and `us` say who failed. With `user`, nobody did: the login
 * was wrong, nobody answered, or the job was cancelled.
 */
export const RESULTS = ["succeeded", "institution", "aggregator", "us", "user"] as const;
export type Result = (typeof RESULTS)[number];

/** An attempt of a job that has ended, as the write that ended it shows it. */
export interface EndedAttempt {
  institutionId: string;
  /** Names the attempt: the same however often the write is read. */
  token: string;
  /** When it ended. ISO 8601. */
  at: string;
  result: Result;
  /** The bank has decided on the login, so that it is there. */
  isAnswered: boolean;
  stepMs: Readonly<StepTimes>;
}

/** Returns the attempt that a write to a job's row has ended, or `undefined`. */
export function endedAttempt(before: Job, after: Job): EndedAttempt | undefined {
  if (after.version <= before.version || !INSTITUTION_ID.test(after.institutionId)) return undefined;
  // A job of a statement that somebody uploaded does not log in.
  if (statusOf(before.steps, VERIFY_CREDENTIALS) === undefined) return undefined;
  const result = resultOf(before, after);
  if (result === undefined) return undefined;
  return {
    institutionId: after.institutionId,
    token: tokenOf(after),
    at: after.updatedAt,
    result,
    isAnswered: isAnswered(before, after),
    // The steps of an adopted job began before we saw it.
    stepMs: kindOf(after) === "adopt" ? {} : (after.stepMs ?? before.stepMs ?? {}),
  };
}

/** 36 bits: two attempts at one bank within a minute have the same token once in billions. */
function tokenOf({ id, version }: Job): string {
  return createHash("sha256").update(`${id} ${version}`).digest("base64url").slice(0, 6);
}

function resultOf(before: Job, after: Job): Result | undefined {
  if (after.phase === "succeeded") return "succeeded";
  if (after.phase === "failed") return resultOfFailure(before, after);
  return after.phase === "queued" && isTrying(before) ? resultOfHold(before, after) : undefined;
}

/** Returns whether an attempt may have sent its login. */
function isTrying({ phase }: Job): boolean {
  return phase !== "accepted" && phase !== "queued";
}

function resultOfFailure(before: Job, after: Job): Result | undefined {
  const error = errorOf(after.steps);
  switch (outcomeOf(after)) {
    case "unavailable":
      // The time in the queue is over: no attempt was made.
      if (!isTrying(before)) return undefined;
      return isSame(error, SERVICE_UNAVAILABLE) ? "aggregator" : "institution";
    case "timed-out":
      return wasLeft(after) ? "user" : "institution";
    case "internal":
      return error !== undefined && isOurFailure(error) ? "us" : "aggregator";
    case "other":
      // A code that we do not know says nothing certain about the bank.
      return error?.code === USER_ACTION_REQUIRED ? "user" : "aggregator";
    default:
      return "user";
  }
}

/** An attempt that reached its limit did not get its login to the aggregator, or the aggregator was busy with another job. */
function resultOfHold(before: Job, after: Job): Result {
  if (after.queue?.reason !== undefined && after.queue.reason !== "institution-unavailable") return "user";
  const endedAt = Date.parse(after.updatedAt);
  const isLate = before.phase === "opening" && isOverdue(before, (moment) => moment.getTime() - endedAt);
  return isLate || before.blocked !== undefined ? "aggregator" : "institution";
}

function isAnswered(before: Job, after: Job): boolean {
  const decided = [before, after].some(({ steps }) => statusOf(steps, VERIFY_CREDENTIALS) === "success");
  return (
    decided || errorCodeOf(after.steps.find(({ status }) => status === "failed")) === CREDENTIALS_REFUSED
  );
}

function errorOf(steps: readonly Step[]): StepError | undefined {
  const result = steps.find(({ status }) => status === "failed")?.result;
  return result != null && "code" in result ? result : undefined;
}

function isSame(error: StepError | undefined, ours: StepError): boolean {
  return error?.code === ours.code && error.detail === ours.detail;
}
