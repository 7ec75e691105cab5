import { closeChallenge, isPast, takeAnswer } from "../domain/challenge.ts";
import { JobChanged } from "../domain/errors.ts";
import { mayBeAtWork } from "../domain/idempotency.ts";
import { bringsLogin, claimOf, generationOf, isFinished, type Job, kindOf } from "../domain/job.ts";
import type { SweepResult, SweepWatch, Swept } from "../domain/measurements.ts";
import type { Executions, Ports, Upstream } from "../domain/ports.ts";
import { isParked } from "../domain/queue.ts";
import { answerTo, loginOf } from "../domain/secret.ts";
import { orWhenUnavailable } from "../domain/sending.ts";
import { mayGetSecret, nextSweepAt, retrySweepAt } from "../domain/sweep.ts";
import { dropJob } from "./accept-job.ts";
import { wakeIfAnswered } from "./answer-challenge.ts";
import { changeJob } from "./change-job.ts";
import { cleanUp, type EndDeps, writeChange } from "./end-job.ts";
import { sweepErasures } from "./erase-user.ts";
import { inBatches } from "./in-batches.ts";
import { pace } from "./pace.ts";
import { replaceExecution } from "./replace-execution.ts";
import { wentOn } from "./send-answer.ts";
import { attemptParked } from "./wake-job.ts";

export type SweepJobDeps = EndDeps &
  Pick<Ports, "clock" | "sweptJobs" | "claims" | "sealer" | "waker" | "executions" | "upstream" | "outages">;

/**
 * Checks one job, and completes the work that a crash interrupted. Does no harm to a healthy job,
 * whatever runs at the same time.
 */
export async function sweepJob(deps: SweepJobDeps, jobId: string): Promise<SweepResult> {
  const job = await deps.jobs.find(jobId);
  if (job?.sweepAt === undefined || deps.clock.msUntil(new Date(job.sweepAt)) > 0) return "nothing";
  try {
    return isFinished(job) ? await clean(deps, job) : await drive(deps, job);
  } catch (error) {
    // Another writer has just advanced the job.
    if (error instanceof JobChanged) return "nothing";
    // Postpone the job, so that the jobs behind it have their turn. Do not postpone a finished job: its secrets are
    // deleted as soon as possible.
    if (!isFinished(job)) await deps.sweptJobs.postpone(job, retrySweepAt(deps.clock)).catch(() => undefined);
    throw error;
  }
}

async function clean(deps: SweepJobDeps, job: Job): Promise<SweepResult> {
  const cleaned = await cleanUp(deps, job);
  if (cleaned.sweepAt !== undefined) await deps.jobs.markCleaned(cleaned);
  // The sweeper checks every job that may still get a secret: such a job needed no repair.
  return mayGetSecret(job) ? "nothing" : "cleaned";
}

async function drive(deps: SweepJobDeps, job: Job): Promise<SweepResult> {
  if (isParked(job)) return attemptParked(deps, job);
  // We can ask Step Functions about few jobs at a time only, and many jobs may wait for their users.
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

/**
 * Starts an accepted job only if it holds its claim: another job may have been accepted in its place. An adopted job needs
 * no claim.
 */
async function startMissing(deps: SweepJobDeps, job: Job): Promise<SweepResult> {
  if (generationOf(job) === 1 && kindOf(job) !== "adopt") {
    const claim = await claimFor(deps, job);
    if (claim === "not yet") return "nothing";
    if (claim === "not held") return (await dropJob(deps, job)) ? "dropped" : "nothing";
  }
  await replaceExecution(deps, job);
  await postpone(deps, job);
  return "started";
}

/**
 * A job that no client knows may still take its claim, unless another job has held the claim since: a repeated
 * request would run twice. The job is not complete until its login is stored.
 */
async function claimFor(deps: SweepJobDeps, job: Job): Promise<"held" | "not held" | "not yet"> {
  if (job.isDropped) return "not held";
  const holderId = await deps.claims.holder(claimOf(job));
  if (holderId === job.id) return "held";
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  if (holder !== undefined && (!isFinished(holder) || holder.createdAt >= job.createdAt)) return "not held";
  const isWhole = !bringsLogin(job) || (await deps.vault.holds(loginOf(job)));
  const wasHeldSince = holder !== undefined && holder.updatedAt >= job.createdAt;
  if (!isWhole || wasHeldSince) return mayBeAtWork(job.createdAt, deps.clock.now()) ? "not yet" : "not held";
  return (await deps.claims.take(claimOf(job), job.id, holderId)) ? "held" : "not held";
}

/** Starts another execution for a job whose execution has ended. The new execution continues from the row. */
async function restart(deps: SweepJobDeps, job: Job): Promise<SweepResult> {
  const changes = { generation: generationOf(job) + 1 };
  await deps.executions.start(await writeChange(deps, job, { event: "restarted", changes }));
  return "restarted";
}

/**
 * Looks after a job that waits for its user. A stored answer counts, even if its request died before it updated the
 * row. Without an answer, the aggregator may have gone on by itself.
 */
async function deliver(deps: SweepJobDeps, job: Job): Promise<SweepResult> {
  const { challenge } = job;
  const waits = job.phase === "awaiting-answer" && challenge !== undefined;
  const isStored = waits && (await deps.vault.holds(answerTo(job, challenge)));
  const current = isStored
    ? await changeJob(deps, job.id, (found) => takeAnswer(found, challenge.number))
    : await closeIfOver(deps, job, waits);
  // The job ended meanwhile: its clean-up is due sooner than the next check of a running job.
  if (isFinished(current)) return "nothing";
  await wakeIfAnswered(deps, current);
  await postpone(deps, current);
  return current.phase === "answered" ? "delivered" : "nothing";
}

/** Goes back to following if the aggregator does not wait for the user any more. */
async function closeIfOver(deps: SweepJobDeps, job: Job, waits: boolean): Promise<Job> {
  const isOver = waits && (await orWhenUnavailable(wentOn(deps, job), false));
  return isOver ? writeChange(deps, job, closeChallenge(job, deps.clock, job.sealedTaskToken)) : job;
}

function postpone(deps: SweepJobDeps, job: Job): Promise<void> {
  return deps.sweptJobs.postpone(job, nextSweepAt(job, deps.clock));
}

const AT_ONCE = 10;

/**
 * Step Functions allows these calls a second for each account, in the regions with the lowest limits; a few hundred more
 * in a burst, which we leave to others.
 */
const STATES_PER_SECOND = 10;
const STOPS_PER_SECOND = 25;

/** Returns the executions, called no faster than Step Functions allows. */
function paced({ executions, clock }: SweepJobDeps): Executions {
  const describing = pace(clock, STATES_PER_SECOND);
  const stopping = pace(clock, STOPS_PER_SECOND);
  return {
    ...executions,
    state: async (job) => {
      await describing();
      return executions.state(job);
    },
    stop: async (job) => {
      await stopping();
      return executions.stop(job);
    },
  };
}

/** Reads the record of each bank once. */
function readingOnce({ institution, ...upstream }: Upstream): Upstream {
  const records = new Map<string, ReturnType<Upstream["institution"]>>();
  return {
    ...upstream,
    institution(id) {
      const read = records.get(id) ?? institution(id);
      records.set(id, read);
      return read;
    },
  };
}

/**
 * The jobs in the queue are counted this often: they may be very many, and each is read to be counted. Each sweep counts the
 * running jobs, which are few.
 */
const QUEUED_COUNTED_EVERY_MINUTES = 15;

/**
 * Checks every job that is due. Counts the jobs that are not finished, and deletes the rows of erased
 * users last, because a user may have very many. A failure at one job does not affect other jobs.
 */
export async function sweep(
  given: SweepJobDeps & Pick<Ports, "erasures" | "eventEraser" | "linkEraser">,
  watch: SweepWatch = (_, look) => look(),
): Promise<Swept> {
  const deps = { ...given, executions: paced(given), upstream: readingOnce(given.upstream) };
  const banks = await deps.outages.awaited();
  const due = await deps.sweptJobs.due(banks);
  const looked = await inBatches(due, AT_ONCE, async (jobId) => {
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
  const running = await deps.sweptJobs.notQueued();
  const isTime = deps.clock.now().getUTCMinutes() % QUEUED_COUNTED_EVERY_MINUTES === 0;
  const queued = isTime ? await deps.sweptJobs.queued(banks) : undefined;
  return { mended, failed: failed + (await sweepErasures(deps, watch)), running, queued };
}
