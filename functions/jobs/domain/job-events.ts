import { outcomeOf, wasCancelled } from "./failures.ts";
import { hasBegun, isFinished, type Job, kindOf } from "./job.ts";
import { shownChallenge, shownQueue } from "./shown.ts";

/** The types of a job's events, as readers see them. */
export const JOB_EVENT_TYPES = [
  "created",
  "updated",
  "mfa-required",
  "mfa-expired",
  "queued",
  "ready-for-user",
  "resumed",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type JobEventType = (typeof JOB_EVENT_TYPES)[number];

/**
 * Returns the types of the events that a write makes, in their order. The write counts them in the row, and the reader of
 * the table's stream makes them: both call this function. A job has no events before it has begun, because its row may
 * still be deleted. A write without a new version makes none. The stream does not show the write that adds a row: an
 * adopted job, which begins with that write, makes its first event with its first change.
 */
export function eventTypesOf(before: Job, after: Job): JobEventType[] {
  if (after.version <= before.version || !hasBegun(after)) return [];
  const types: JobEventType[] = hasBegun(before) && !isAsAdopted(before) ? [] : ["created"];
  if (expiredChallenge(before, after)) types.push("mfa-expired");
  const step = namedStep(before, after);
  if (step !== undefined) return [...types, step];
  return types.length === 0 && shownOf(before) !== shownOf(after) ? ["updated"] : types;
}

function isAsAdopted(job: Job): boolean {
  return kindOf(job) === "adopt" && job.version === 1;
}

/** Returns the number of events that the job has made since it was accepted. Rows of earlier versions have none. */
export function eventCountAfter(before: Job, after: Job): number {
  return (before.eventCount ?? 0) + eventTypesOf(before, after).length;
}

function expiredChallenge(before: Job, after: Job): boolean {
  if (before.phase !== "awaiting-answer") return false;
  if (shownQueue(after)?.reason === "challenge-not-answered") return true;
  return isFinished(after) && outcomeOf(after) === "mfa-expired";
}

/** Returns the type of a change that has a name of its own. */
function namedStep(before: Job, after: Job): JobEventType | undefined {
  if (after.phase === "succeeded") return "succeeded";
  if (after.phase === "failed") return wasCancelled(after) ? "cancelled" : "failed";
  if (after.phase === "accepted" && before.phase === "queued") return "resumed";
  const reason = shownQueue(after)?.reason;
  if (reason !== undefined && reason !== shownQueue(before)?.reason) {
    return reason === "ready-for-user" ? "ready-for-user" : "queued";
  }
  const challenge = shownChallenge(after);
  const isNew = challenge !== undefined && challenge.number !== shownChallenge(before)?.number;
  return isNew ? "mfa-required" : undefined;
}

/**
 * Returns what a client sees of the job, as a text that can be compared; without times, and without the number of the
 * attempt: a queued job makes no event of each attempt that its bank does not let begin.
 */
function shownOf(job: Job): string {
  const challenge = shownChallenge(job);
  return JSON.stringify([
    job.connectionId,
    job.steps.map(({ title, status, result }) => [title, status, ...resultOf(result)]),
    challenge && [challenge.number, challenge.description, challenge.input],
    shownQueue(job)?.reason,
  ]);
}

function resultOf(result: Job["steps"][number]["result"]): string[] {
  if (result === null) return [];
  return "code" in result ? [result.code, result.title, result.detail] : [result.url];
}
