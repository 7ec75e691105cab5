import type * as z from "zod";
import { queuedResult } from "../../functions/http/reply-schemas.ts";
import { isOver, type MobileBackend, type StepReply, stepOf } from "./mobile-backend.ts";

export type Queued = z.infer<typeof queuedResult>;

/** What a job says while it waits in the queue, as the published prose and our API have it. */
export const QUEUE_WORDS = {
  code: "temporary-unavailable-queued",
  title: "Institution temporary unavailable, retry pending",
};
export const WAITS_FOR_BANK = "3rd party service temporary unavailable. Job queued, retry in 2 hours.";
export const NOT_ANSWERED = "The MFA challenge was not answered in time. Job queued, retry in 2 hours.";
export const READY_FOR_USER =
  "The institution is available again. Job queued, ready for the user: it will ask for an MFA response once the job is resumed.";

/** What it says when it has waited for too long. */
export const GIVEN_UP = {
  code: "temporary-unavailable",
  title: "Institution temporary unavailable",
  detail: "3rd party service temporary unavailable. Please try again later.",
  details: "3rd party service temporary unavailable. Please try again later.",
};

export function isQueued(steps: readonly StepReply[]): boolean {
  return queuedIn(steps) !== undefined;
}

/** Looks until the job waits in the queue as wanted, and gives the whole of it and what its first step says. */
export async function untilQueued(
  backend: MobileBackend,
  jobId: string,
  isAsWanted: (queued: Queued) => boolean = () => true,
) {
  const job = await backend.until(jobId, (steps) => {
    const queued = queuedIn(steps);
    return isOver(steps) || (queued !== undefined && isAsWanted(queued));
  });
  const [first] = job.steps;
  if (first?.status !== "pending") throw new Error(`Not queued: ${JSON.stringify(job.steps)}`);
  return { job, queued: queuedResult.parse(first.result) };
}

function queuedIn(steps: readonly StepReply[]): Queued | undefined {
  const parsed = queuedResult.safeParse(stepOf(steps, "verify-credentials")?.result);
  return parsed.success ? parsed.data : undefined;
}
