import { ApiError } from "../../client/errors.ts";
import { failureOf, type JobState, stateOf } from "../../client/job-state.ts";
import type { Job } from "../../client/types.ts";
import {
  INTERNAL_ERROR,
  isOutage,
  JOB_CANCELLED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
} from "../../functions/jobs/domain/failures.ts";
import { UsageError } from "./usage-error.ts";

/** The exit codes of the program. docs/cli.md lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  refused: 3,
  mfaExpired: 4,
  queued: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Thrown when a person presses Ctrl-C, also at a prompt. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Returns the exit code for a job that has ended, is queued, or continues. */
export function exitCodeOfJob(job: Pick<Job, "steps">): ExitCode {
  const state: JobState = stateOf(job);
  if (state === "queued") return EXIT.queued;
  if (state !== "failed") return EXIT.done;
  const code = failureOf(job)?.code ?? "";
  if (code === MFA_EXPIRED.code) return EXIT.mfaExpired;
  if (code === JOB_TIMED_OUT.code) return EXIT.timedOut;
  // Neither the user nor the bank has refused anything.
  if (code === JOB_CANCELLED.code || code === INTERNAL_ERROR.code || isOutage(code)) return EXIT.failed;
  return EXIT.refused;
}

export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UsageError) return EXIT.wrongUsage;
  if (!(error instanceof ApiError)) return EXIT.failed;
  // The reply to an answer after the deadline.
  if (error.status === 410) return EXIT.mfaExpired;
  return error.status < 500 && error.code !== "unexpected-reply" ? EXIT.refused : EXIT.failed;
}
