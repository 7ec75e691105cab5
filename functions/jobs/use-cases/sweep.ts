import { isPast, takeAnswer } from "../domain/challenge.ts";
import { JobChanged } from "../domain/errors.ts";
import { mayBeAtWork } from "../domain/idempotency.ts";
import { claimOf, generationOf, isFinished, type Job, kindOf } from "../domain/job.ts";
import type { Looked, SweepWatch, Swept } from "../domain/measurements.ts";
import type { Ports } from "../domain/ports.ts";
import { answerTo, loginOf } from "../domain/secret.ts";
import { mayGetAnswer, nextSweepAt, retrySweepAt } from "../domain/sweep.ts";
import { dropJob } from "./accept-job.ts";
import { wakeIfAnswered } from "./answer-challenge.ts";
import { changeJob } from "./change-job.ts";
import { cleanUp, type EndDeps, writeChange } from "./end-job.ts";
import { inBatches } from "./in-batches.ts";
import { replaceExecution, startExecution } from "./replace-execution.ts";

export type SweepJobDeps = EndDeps &
  Pick<Ports, "clock" | "sweptJobs" | "claims" | "sealer" | "waker" | "executions">;

/** Looks at one job, and finishes what a crash has left of it. Does no harm to one that is well, whatever runs beside it. */
export async function sweepJob(deps: SweepJobDeps, jobId: string): Promise<Looked> {
  const job = await deps.jobs.find(jobId);
  if (job?.sweepAt === undefined || deps.clock.msUntil(new Date(job.sweepAt)) > 0) return "nothing";
  try {
    return isFinished(job) ? await clean(deps, job) : await drive(deps, job);
  } catch (error) {
    // Somebody else has just taken the job further.
    if (error instanceof JobChanged) return "nothing";
    // Put off, so that those behind it have their turn; what is over is destroyed as soon as it can be.
    if (!isFinished(job)) await deps.sweptJobs.postpone(job, retrySweepAt(deps.clock)).catch(() => undefined);
    throw error;
  }
}

async function clean(deps: SweepJobDeps, job: Job): Promise<Looked> {
  const cleaned = await cleanUp(deps, job);
  if (cleaned.sweepAt !== undefined) await deps.jobs.settle(cleaned);
  // One whose challenge nobody answered is looked at as a matter of course: nothing had gone wrong.
  return mayGetAnswer(job) ? "nothing" : "cleaned";
}

async function drive(deps: SweepJobDeps, job: Job): Promise<Looked> {
  // Step Functions is asked about few jobs at a time only, and many may wait for their users.
  if (job.phase === "awaiting-answer" && !isPast(job, deps.clock.now())) return deliver(deps, job);
  switch (await deps.executions.state(job)) {
    case "missing":
      return startMissing(deps, job);
    case "ended":
      return restart(deps, job);
    case "running":
      return deliver(deps, job);
  }
}

/** A job that was accepted is started only if it holds its claim: another one may have been accepted in its place. */
async function startMissing(deps: SweepJobDeps, job: Job): Promise<Looked> {
  if (generationOf(job) === 1) {
    const claim = await claimFor(deps, job);
    if (claim === "not yet") return "nothing";
    if (claim === "not held") return (await dropJob(deps, job)) ? "dropped" : "nothing";
  }
  await replaceExecution(deps, job);
  await postpone(deps, job);
  return "started";
}

/**
 * A job that nobody was told of may still take its claim, unless somebody has held it since: a request that was repeated would
 * run twice. It is not whole as long as its login is not there.
 */
async function claimFor(deps: SweepJobDeps, job: Job): Promise<"held" | "not held" | "not yet"> {
  if (job.isDropped) return "not held";
  const holderId = await deps.claims.holder(claimOf(job));
  if (holderId === job.id) return "held";
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  if (holder !== undefined && (!isFinished(holder) || holder.createdAt >= job.createdAt)) return "not held";
  const isWhole = kindOf(job) === "refresh" || (await deps.vault.holds(loginOf(job)));
  const wasHeldSince = holder !== undefined && holder.updatedAt >= job.createdAt;
  if (!isWhole || wasHeldSince) return mayBeAtWork(job.createdAt, deps.clock.now()) ? "not yet" : "not held";
  return (await deps.claims.take(claimOf(job), job.id, holderId)) ? "held" : "not held";
}

/** An execution that ended before its job: another one goes on from the row. */
async function restart(deps: SweepJobDeps, job: Job): Promise<Looked> {
  const changes = { generation: generationOf(job) + 1 };
  await startExecution(deps, await writeChange(deps, job, { event: "restarted", changes }));
  return "restarted";
}

/** An answer that was kept counts, even if its request died before it could say so in the row. */
async function deliver(deps: SweepJobDeps, job: Job): Promise<Looked> {
  const { challenge } = job;
  const isKept =
    job.phase === "awaiting-answer" &&
    challenge !== undefined &&
    (await deps.vault.holds(answerTo(job, challenge)));
  const current = isKept
    ? await changeJob(deps, job.id, (found) => takeAnswer(found, challenge.number))
    : job;
  // It ended meanwhile: what it left is due sooner than a job that runs.
  if (isFinished(current)) return "nothing";
  await wakeIfAnswered(deps, current);
  await postpone(deps, current);
  return current.phase === "answered" ? "delivered" : "nothing";
}

function postpone(deps: SweepJobDeps, job: Job): Promise<void> {
  return deps.sweptJobs.postpone(job, nextSweepAt(job, deps.clock));
}

const AT_ONCE = 10;

/** Looks at every job that is due, and counts those that are not over. One job's trouble is no other one's. */
export async function sweep(deps: SweepJobDeps, watch: SweepWatch = (_, look) => look()): Promise<Swept> {
  const looked = await inBatches(await deps.sweptJobs.due(), AT_ONCE, async (jobId) => {
    try {
      return await watch(jobId, () => sweepJob(deps, jobId));
    } catch {
      return "failed";
    }
  });
  const counted = Object.entries(Object.groupBy(looked, (what) => what));
  const { failed = 0, ...mended } = Object.fromEntries(
    counted.map(([what, all]) => [what, all?.length ?? 0]),
  );
  return { mended, failed, census: await deps.sweptJobs.census() };
}
