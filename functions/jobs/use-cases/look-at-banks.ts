import { JobChanged } from "../domain/errors.ts";
import type { Job } from "../domain/job.ts";
import {
  countsAsDown,
  endOfWaking,
  loginsLeft,
  loginsPerSecond,
  mayProbe,
  noteDown,
  noteProbe,
  noteUnawaited,
  noteWaking,
  type Outage,
} from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import { counted, isDue, mayTryEarly, needsTheUser } from "../domain/queue.ts";
import { endsJob } from "../domain/transitions.ts";
import { writeOngoing } from "./end-job.ts";
import { inBatches } from "./in-batches.ts";
import { pace } from "./pace.ts";
import { readRecord } from "./wait-for-bank.ts";
import { forUser, type WakeDeps, wakeJob } from "./wake-job.ts";

/** Wraps the start of each job's execution. Rethrows its error. */
export type WakeWatch = (jobId: string, wake: () => Promise<void>) => Promise<void>;

/** What the aggregator's record says of a bank, and when it was read (ISO 8601). */
export interface RecordRead {
  isAvailable: boolean;
  at: string;
}

export type LookDeps = Pick<WakeDeps, "clock" | "jobs" | "executions" | "upstream" | "outages"> &
  Pick<Ports, "sweptJobs"> & {
    /** How many functions the account may run at once. */
    concurrency: number;
    /** Takes what the aggregator's record says of a bank. Not called for a record that could not be read. */
    onRecord(institutionId: string, record: RecordRead): Promise<unknown>;
    /** Takes the error of a look at a bank. The next run looks again. */
    onFailedLook(institutionId: string, error: unknown): void;
  };

export interface Looked {
  /** The jobs whose executions were started. */
  woken: number;
  /** The looks at banks, and the starts of executions, that failed. The next run tries them again. */
  failed: number;
}

const AT_ONCE = 10;

/**
 * Looks once at each bank for which jobs wait, whatever their number, and wakes the jobs of those that are back: the longest waiting
 * first, bank by bank in turn, at the pace that the account's functions allow. Takes up to 50 seconds if there are more jobs.
 */
export async function lookAtBanks(deps: LookDeps, watch: WakeWatch = (_, wake) => wake()): Promise<Looked> {
  const end = endOfWaking(deps.clock);
  let failed = 0;
  const banks = await inBatches(await deps.outages.awaited(), AT_ONCE, (id) =>
    lookAtBank(deps, id, end).catch((error: unknown) => {
      failed++;
      deps.onFailedLook(id, error);
      return undefined;
    }),
  );
  const back = banks.filter((bank) => bank !== undefined);
  const woken = await wakeInTurn(deps, back, end, watch);
  return { woken: woken.woken, failed: failed + woken.failed };
}

/** A bank whose jobs are woken. */
interface Back {
  outage: Outage;
  /** When the outage was read. */
  readAt: Date;
  jobs: AsyncIterator<Due>;
  /** How many logins of the bank's trial this run has sent; `undefined` if another run began the trial. */
  sent: number | undefined;
}

/** Returns the bank if it is back. Wakes one job if that has to try for all whether logins succeed. */
async function lookAtBank(deps: LookDeps, institutionId: string, end: Date): Promise<Back | undefined> {
  const { clock, sweptJobs, outages } = deps;
  const [first] = await sweptJobs.awaiting(institutionId, { limit: 1 });
  if (first === undefined) {
    await outages.change(institutionId, noteUnawaited(clock));
    return undefined;
  }
  const isAvailable = await readRecord(deps, institutionId);
  const readAt = clock.now();
  if (isAvailable !== undefined) await tell(deps, institutionId, { isAvailable, at: readAt.toISOString() });
  if (isAvailable !== true) {
    await outages.change(institutionId, noteDown);
    return undefined;
  }
  const outage = await outages.find(institutionId);
  if (!countsAsDown(outage)) return openDoor(deps, institutionId, end);
  if (mayProbe(outage, clock)) await probe(deps, outage, end);
  return undefined;
}

/** Health is a statistic: no job waits for it. */
async function tell(deps: LookDeps, institutionId: string, record: RecordRead): Promise<void> {
  await deps
    .onRecord(institutionId, record)
    .catch((error: unknown) => deps.onFailedLook(institutionId, error));
}

async function openDoor(deps: LookDeps, institutionId: string, end: Date): Promise<Back | undefined> {
  const readAt = deps.clock.now();
  let isOurs = false;
  let begins = false;
  const outage = await deps.outages.change(institutionId, (current) => {
    const noted = noteWaking(end, deps.clock)(current);
    isOurs = noted !== undefined;
    begins = noted?.trial?.since !== current.trial?.since;
    return noted;
  });
  const jobs = dueAt(deps, institutionId, { end });
  return isOurs ? { outage, readAt, jobs, sent: begins ? 0 : undefined } : undefined;
}

/** Wakes the next job, in turn, to try whether logins succeed, unless another run has chosen one. */
async function probe(deps: LookDeps, { institutionId, probed }: Outage, end: Date): Promise<void> {
  const next =
    (await firstOf(dueAt(deps, institutionId, { end, from: probed }))) ??
    (await firstOf(dueAt(deps, institutionId, { end })));
  if (next === undefined) return;
  let isOurs = false;
  await deps.outages.change(institutionId, (current) => {
    const noted = noteProbe(next.place, deps.clock)(current);
    isOurs = noted !== undefined;
    return noted;
  });
  if (isOurs) await wakeJob(deps, next.job);
}

interface Due {
  job: Job;
  place: string;
}

async function firstOf(jobs: AsyncIterator<Due>): Promise<Due | undefined> {
  const { done, value } = await jobs.next();
  return done ? undefined : value;
}

/** A page of the index. */
const PAGE = 100;

/**
 * Yields the jobs that wait for a bank that is back, the longest waiting first, without those that have just made an attempt. A job
 * that only its user could bring through waits for its user from now on.
 */
async function* dueAt(
  deps: LookDeps,
  institutionId: string,
  { end, from }: { end: Date; from?: string | undefined },
): AsyncGenerator<Due, undefined> {
  let after = from;
  while (deps.clock.msUntil(end) > 0) {
    const page = await deps.sweptJobs.awaiting(institutionId, {
      limit: PAGE,
      ...(after !== undefined && { after }),
    });
    for (const waiting of page) {
      after = waiting.place;
      const job = await deps.jobs.find(waiting.jobId);
      if (job !== undefined && (await isDueNow(deps, job))) yield { job, place: waiting.place };
    }
    if (page.length < PAGE) return undefined;
  }
  return undefined;
}

async function isDueNow(deps: LookDeps, given: Job): Promise<boolean> {
  const job = counted(given, deps.clock);
  if (job.queue?.waitsFor !== "bank") return false;
  // An attempt that was counted from the clock is made late.
  const isLate = job.attempt > given.attempt || isDue(job, deps.clock.msUntil);
  if (!isLate && !mayTryEarly(job, job.queue, deps.clock)) return false;
  if (!needsTheUser(job)) return true;
  // The sweeper ends a job whose last attempt has come.
  const change = forUser(deps, job);
  if (!endsJob(change)) await unlessChanged(writeOngoing(deps, job, change));
  return false;
}

/** A bank on trial is read again after this time, and one whose jobs are woken too: it may have failed again. */
const READ_AGAIN_MS = 1_000;

async function wakeInTurn(
  deps: LookDeps,
  given: readonly Back[],
  end: Date,
  watch: WakeWatch,
): Promise<Pick<Looked, "woken" | "failed">> {
  const turn = pace(deps.clock, loginsPerSecond(deps.concurrency));
  const waking = new Set<Promise<void>>();
  const counts = { woken: 0, failed: 0 };
  const wake = async ({ job }: Due) => {
    try {
      await watch(job.id, async () => {
        if (await unlessChanged(wakeJob(deps, job))) counts.woken++;
      });
    } catch {
      counts.failed++;
    }
  };
  const banks = [...given];
  let passedOver = 0;
  while (deps.clock.msUntil(end) > 0) {
    const bank = banks.shift();
    if (bank === undefined) break;
    const left = await loginsNow(deps, bank);
    // Its door was closed.
    if (bank.outage.trial === undefined) continue;
    const next = left === 0 ? undefined : await firstOf(bank.jobs);
    if (next !== undefined) {
      if (!(await turn(end))) break;
      if (bank.sent !== undefined) bank.sent++;
      const started = wake(next).finally(() => waking.delete(started));
      waking.add(started);
      if (waking.size >= AT_ONCE) await Promise.race(waking);
      passedOver = 0;
    }
    if (next !== undefined || left === 0) banks.push(bank);
    if (left === 0 && ++passedOver >= banks.length) {
      passedOver = 0;
      await deps.clock.sleep(READ_AGAIN_MS);
    }
  }
  await Promise.all(waking);
  return counts;
}

/** Returns how many logins may go to the bank now. */
async function loginsNow(deps: LookDeps, bank: Back): Promise<number> {
  const { clock, outages } = deps;
  if (clock.now().getTime() - bank.readAt.getTime() >= clock.span(READ_AGAIN_MS)) {
    bank.readAt = clock.now();
    bank.outage = await outages.find(bank.outage.institutionId);
  }
  return loginsLeft(bank.outage, bank.sent);
}

/** Returns false if another writer has just advanced the job. */
async function unlessChanged(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!(error instanceof JobChanged)) throw error;
    return false;
  }
}
