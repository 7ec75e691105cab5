import { type Authorization, mayAskForMfa } from "./institution.ts";

export const STEP_STATUSES = ["pending", "in-progress", "success", "failed", "skipped"] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];

export interface LinkResult {
  type: "link";
  /** Relative to the API's root, such as `/users/U/connections/C`. */
  url: string;
}

/** Why a step failed, in texts that the user's app may show. */
export interface StepError {
  code: string;
  title: string;
  detail: string;
}

export interface Step {
  title: string;
  status: StepStatus;
  result: LinkResult | StepError | null;
}

export const VERIFY_CREDENTIALS = "verify-credentials";
export const MFA_CHALLENGE = "mfa-challenge";
const RETRIEVE_ACCOUNTS = "retrieve-accounts";
const RETRIEVE_TRANSACTIONS = "retrieve-transactions";

/** The published steps of a connection. The aggregator may add others. */
export const STEP_TITLES = [
  VERIFY_CREDENTIALS,
  MFA_CHALLENGE,
  RETRIEVE_ACCOUNTS,
  RETRIEVE_TRANSACTIONS,
] as const;

/** The steps whose times say something about the bank. The time of a challenge is that of the user. */
export const TIMED_STEPS = [VERIFY_CREDENTIALS, RETRIEVE_ACCOUNTS, RETRIEVE_TRANSACTIONS] as const;

/** How long steps took that have succeeded, in milliseconds. */
export type StepTimes = { [step in (typeof TIMED_STEPS)[number]]?: number | undefined };

const RANK: { [status in StepStatus]: number } = {
  pending: 0,
  "in-progress": 1,
  success: 2,
  failed: 2,
  skipped: 2,
};

export function isOver(status: StepStatus): boolean {
  return RANK[status] === RANK.success;
}

/** Returns the published steps, all pending. Includes the challenge only if the institution may ask for MFA. */
export function initialSteps(authorization: Authorization): Step[] {
  const titles = mayAskForMfa(authorization)
    ? [VERIFY_CREDENTIALS, MFA_CHALLENGE, RETRIEVE_ACCOUNTS, RETRIEVE_TRANSACTIONS]
    : [VERIFY_CREDENTIALS, RETRIEVE_ACCOUNTS, RETRIEVE_TRANSACTIONS];
  return titles.map((title) => ({ title, status: "pending", result: null }));
}

/** Twice the maximum number of steps in one reply. No real job has more steps, and the size of a row is limited. */
const MAX_STEPS = 40;

/**
 * Merges the steps of a poll into our steps. A step never goes back, and a finished step never changes. The
 * aggregator's order wins; our steps that it does not list (yet) stay before the step that followed them. Returns our
 * steps if the result exceeds {@link MAX_STEPS}.
 */
export function mergeSteps(ours: readonly Step[], seen: readonly Step[]): Step[] {
  const merged: Step[] = [];
  const pendingOurs = [...ours];
  const seenTitles = new Set(seen.map((step) => step.title));
  const keepUnlisted = () => {
    while (pendingOurs[0] !== undefined && !seenTitles.has(pendingOurs[0].title)) {
      merged.push(...pendingOurs.splice(0, 1));
    }
  };
  for (const theirs of seen) {
    if (merged.some((step) => step.title === theirs.title)) continue;
    keepUnlisted();
    const index = pendingOurs.findIndex((step) => step.title === theirs.title);
    const [mine] = index === -1 ? [] : pendingOurs.splice(index, 1);
    merged.push(mine === undefined ? theirs : further(mine, theirs));
  }
  const all = [...merged, ...pendingOurs];
  return all.length > MAX_STEPS ? [...ours] : all;
}

/**
 * Skips steps that the aggregator never listed and has passed: they were not needed. An MFA institution that asked
 * nothing may omit the challenge.
 */
export function skipUnlisted(merged: readonly Step[], seen: readonly Step[]): Step[] {
  const seenTitles = new Set(seen.map((step) => step.title));
  const allDone =
    seen.length > 0 && seen.every((step) => step.status === "success" || step.status === "skipped");
  return merged.map((step, index) => {
    if (seenTitles.has(step.title) || isOver(step.status)) return step;
    const passed = merged.slice(index + 1).some((later) => later.status !== "pending");
    return allDone || passed ? { ...step, status: "skipped", result: null } : step;
  });
}

function further(mine: Step, theirs: Step): Step {
  if (isOver(mine.status) || RANK[theirs.status] < RANK[mine.status]) return mine;
  return theirs;
}

/** Returns the current step of a job: the first step that is not over. */
export function currentStep(steps: readonly Step[]): Step | undefined {
  return steps.find((step) => !isOver(step.status));
}

/** Fails the current step. Later steps stay pending. */
export function failCurrentStep(steps: readonly Step[], error: StepError): Step[] {
  const current = currentStep(steps);
  return steps.map((step) => (step === current ? { ...step, status: "failed", result: error } : step));
}

/** Returns the code of the error that ended a step. */
export function errorCodeOf(step: Step | undefined): string | undefined {
  return step?.result != null && "code" in step.result ? step.result.code : undefined;
}

export function statusOf(steps: readonly Step[], title: string): StepStatus | undefined {
  return steps.find((step) => step.title === title)?.status;
}

export type StepsVerdict = "working" | "succeeded" | "failed";

export function verdict(steps: readonly Step[]): StepsVerdict {
  if (steps.some((step) => step.status === "failed")) return "failed";
  return steps.every((step) => isOver(step.status)) ? "succeeded" : "working";
}
