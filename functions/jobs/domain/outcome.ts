import { isOutage, JOB_CANCELLED } from "./failures.ts";
import type { Job } from "./job.ts";
import { errorCodeOf, MFA_CHALLENGE } from "./steps.ts";

/** How jobs end, for counting. Few and fixed: the codes of failed steps are whatever text upstream sends. */
export const OUTCOMES = [
  "succeeded",
  "credentials-refused",
  "mfa-expired",
  "mfa-failed",
  "timed-out",
  "cancelled",
  "unavailable",
  "internal",
  "other",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOME_OF_CODE = new Map<string, Outcome>([
  ["invalid-credentials", "credentials-refused"],
  ["mfa-expired", "mfa-expired"],
  ["job-timed-out", "timed-out"],
  [JOB_CANCELLED.code, "cancelled"],
  ["internal-server-error", "internal"],
]);

/** Of a job that is over. `unavailable` is the bank, or upstream as a whole: they share their codes. */
export function outcomeOf({ phase, steps }: Pick<Job, "phase" | "steps">): Outcome {
  if (phase === "succeeded") return "succeeded";
  const failed = steps.find(({ status }) => status === "failed");
  const code = errorCodeOf(failed) ?? "";
  if (isOutage(code)) return "unavailable";
  const outcome = OUTCOME_OF_CODE.get(code) ?? "other";
  // A wrong answer has the code of a wrong password.
  const mayBeTheAnswer = outcome === "credentials-refused" || outcome === "other";
  return mayBeTheAnswer && failed?.title === MFA_CHALLENGE ? "mfa-failed" : outcome;
}

export function wasCancelled({ steps }: Pick<Job, "steps">): boolean {
  return steps.some((step) => errorCodeOf(step) === JOB_CANCELLED.code);
}
