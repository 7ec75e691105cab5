import { nextRoundAt } from "../domain/erasure.ts";
import { mayBeAtWork } from "../domain/idempotency.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { SweepWatch } from "../domain/measurements.ts";
import type { Erasure, OwnedRow, Ports } from "../domain/ports.ts";
import { mayGetSecret } from "../domain/sweep.ts";
import { type CancelDeps, cancelOpenJob } from "./cancel-job.ts";
import { cleanUp } from "./end-job.ts";
import { inBatches } from "./in-batches.ts";

export type EraseDeps = CancelDeps & Pick<Ports, "clock" | "erasures" | "eventEraser" | "linkEraser">;

const AT_ONCE = 10;

/** A round is about no single job. */
const OF_NO_JOB = "";

/**
 * Deletes the rows of a user, after `erasures.begin`: from then on, nothing is written for the user. Deletes the events first,
 * because the end of a job would make another one. Ends each job and deletes its secrets before its row. A row that cannot be
 * deleted does not stop the others; then throws the first failure. Returns whether rows are left for a later round: requests that
 * are still running may store secrets, which the next round finds by these rows.
 */
export async function eraseRows(deps: EraseDeps, erasure: Erasure): Promise<boolean> {
  await deps.eventEraser.erase(erasure.owner);
  await deps.linkEraser.erase(erasure.owner);
  const rows = await deps.erasures.rowsOf(erasure);
  const results = await inBatches(rows, AT_ONCE, (row) =>
    eraseRow(deps, erasure, row).then(
      (isLeft) => ({ isLeft }),
      (error: unknown) => ({ error }),
    ),
  );
  const failed = results.find((result) => "error" in result);
  if (failed !== undefined) throw failed.error;
  return results.some((result) => "isLeft" in result && result.isLeft);
}

/** Returns whether the row is left. */
async function eraseRow(deps: EraseDeps, { begunAt }: Erasure, row: OwnedRow): Promise<boolean> {
  const job = row.jobId === undefined ? undefined : await cancelOpenJob(deps, row.jobId);
  if (job !== undefined && isFinished(job)) await cleanUp(deps, job);
  const isLeft = job !== undefined && awaitsSecret(job) && mayBeAtWork(begunAt, deps.clock.now());
  if (isLeft) await hide(deps, job);
  else await deps.erasures.remove(row);
  return isLeft;
}

/** Returns whether a request that is still running may store the login or an answer of a job. */
function awaitsSecret(job: Job): boolean {
  return job.attempt === 0 || mayGetSecret(job);
}

/** Keeps the row, because a later round finds a late secret by it, but shows it to nobody. */
async function hide({ jobs }: EraseDeps, job: Job): Promise<void> {
  if (job.isDropped === undefined) await jobs.add({ ...job, version: job.version + 1, isDropped: true }, job);
}

/**
 * Makes a round of each erasure that is due: deletes what the request left, and what functions wrote that were running at
 * the time. Returns the number of erasures that failed. The next sweep repeats them.
 */
export async function sweepErasures(deps: EraseDeps, watch: SweepWatch): Promise<number> {
  let failed = 0;
  for (const erasure of await deps.erasures.due()) {
    try {
      await watch(OF_NO_JOB, async () => {
        const left = await eraseRows(deps, erasure);
        await deps.erasures.schedule(erasure, nextRoundAt(erasure.begunAt, deps.clock, left));
        return "nothing";
      });
    } catch {
      failed += 1;
    }
  }
  return failed;
}
