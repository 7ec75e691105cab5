import type { Job } from "../domain/job.ts";
import { isRunning } from "../domain/shown.ts";
import { type ReadJob, readJob } from "./read-job.ts";
import { type WaitDeps, waitWhile } from "./wait-while.ts";

export interface AwaitChange extends ReadJob {
  until: Date;
  /** Waits for the end of the progress: until the job asks its user, goes to the queue, or is over. */
  isWhileRunning: boolean;
}

/** What a client sees of a job. */
export interface View {
  /** Returns a short text. Two equal texts mean that the client sees the same. */
  stateOf(job: Job): string;
  /** Returns whether the client has this state already. */
  isKnown(state: string): boolean;
}

export interface Change {
  job: Job;
  /** False if the client has this state of the job already. */
  isNew: boolean;
  /** True if there is nothing that the client waits for, and its time is not up: it should not ask again at once. */
  isEarly: boolean;
}

/**
 * Returns the job as soon as the client has an older state of it than it has now, at the latest at `until`. Waits as
 * {@link waitWhile} does. Throws a `Refusal` as {@link readJob} does.
 */
export async function awaitChange(
  deps: WaitDeps,
  request: AwaitChange,
  { stateOf, isKnown }: View,
): Promise<Change> {
  const found = await readJob(deps, request);
  const first = stateOf(found);
  const knowsFirst = isKnown(first);
  const isFirst = (job: Job) => knowsFirst && stateOf(job) === first;
  const isSame = request.isWhileRunning ? isRunning : isFirst;
  const job = await waitWhile(deps, found, isSame, request.until);
  const isNew = !isFirst(job);
  return { job, isNew, isEarly: (isSame(job) || !isNew) && deps.clock.msUntil(request.until) > 0 };
}
