import type { Job } from "../domain/job.ts";
import { isRunning } from "../domain/shown.ts";
import { type ReadJob, readJob } from "./read-job.ts";
import { type WaitDeps, waitWhile } from "./wait-while.ts";

export interface AwaitChange extends ReadJob {
  until: Date;
  /** Waits for the end of the progress: until the job asks its user, goes to the queue, or is over. */
  isWhileRunning: boolean;
}

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
  /** True if the wait ended early without the change that the client waits for. The client should pause before it asks again. */
  isEarly: boolean;
}

/**
 * Returns the job as soon as its state differs from the state that the client has, at the latest at `until`. Waits as
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
