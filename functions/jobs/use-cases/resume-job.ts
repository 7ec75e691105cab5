import type { TokenClaims } from "../../access/caller.ts";
import type { UserCountDeps } from "../../access/rate-limit.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { isParked, resumedChange } from "../domain/queue.ts";
import { Refusal } from "../domain/refusal.ts";
import { changeJob } from "./change-job.ts";
import { readCountedJob } from "./read-job.ts";
import { replaceExecution } from "./replace-execution.ts";

type Deps = Pick<Ports, "jobs" | "executions"> & UserCountDeps;

/**
 * Starts the next attempt of a queued job now. Before that attempt has begun, a repeated call completes the work that
 * a crash may have interrupted. Throws a `Refusal` if the job is not queued.
 */
export async function resumeJob(deps: Deps, request: { jobId: string; caller: TokenClaims }): Promise<Job> {
  const { id } = await readCountedJob(deps, request);
  const job = await resumeQueued(deps, id);
  if (job === undefined) throw new Refusal("job-not-waiting");
  return job;
}

/**
 * Starts the next attempt of a queued job now, whoever asks. Returns `undefined` if the job is not queued. Only a job that an
 * earlier version has queued, or a call that is repeated, may have an execution to be stopped.
 */
export async function resumeQueued(
  deps: Pick<Ports, "clock" | "jobs" | "executions">,
  jobId: string,
): Promise<Job | undefined> {
  let wasParked = false;
  const job = await changeJob(deps, jobId, (current) => {
    wasParked = isParked(current);
    return current.phase === "queued" ? resumedChange(current, deps.clock) : undefined;
  });
  if (job.phase !== "accepted" || job.queue === undefined) return undefined;
  await (wasParked ? deps.executions.start(job) : replaceExecution(deps, job));
  return job;
}
