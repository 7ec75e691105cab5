import { type Job, kindOf } from "../domain/job.ts";
import type { Clock, JobRows } from "../domain/ports.ts";
import type { VaultDoor } from "../domain/secret-ports.ts";
import { loginOf } from "../domain/secret-refs.ts";
import { firstSweepAt } from "../domain/sweep.ts";

export interface DropDeps {
  clock: Clock;
  jobs: JobRows;
  vault: VaultDoor;
}

/**
 * Removes a job that nobody was told of, its login before its row: whoever dies in between has left the row. It is marked
 * before, so that nobody takes it over any more; false when somebody has.
 */
export async function dropJob(deps: DropDeps, job: Job): Promise<boolean> {
  const marked: Job = {
    ...job,
    version: job.version + 1,
    isDropped: true,
    sweepAt: firstSweepAt(deps.clock),
  };
  if (!(await deps.jobs.add(marked, job))) return false;
  if (kindOf(job) !== "refresh") await deps.vault.destroy(loginOf(job));
  return deps.jobs.drop(marked);
}
