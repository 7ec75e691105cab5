import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { JobChanged } from "../../functions/jobs/domain/errors.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { JobStore } from "../../functions/jobs/domain/ports.ts";
import { applyEvent } from "../../functions/jobs/domain/sweep.ts";
import { DEFAULT_RETENTION_DAYS, keptUntil } from "../../functions/jobs/domain/times-to-live.ts";
import { isLegal } from "../../functions/jobs/domain/transitions.ts";

export interface FakeJobStore extends JobStore {
  readonly rows: Map<string, Job>;
  /** Every version of every job that was ever written, in the order of writing. */
  readonly written: Job[];
  /** The row; fails the test when there is none. */
  row(jobId: string): Job;
  put(job: Job): Job;
}

/** Whether a job can still be read: the default retention since its last change has not passed. */
export function isReadable({ updatedAt }: Job, now: Date): boolean {
  return keptUntil(updatedAt, DEFAULT_RETENTION_DAYS) * 1000 > now.getTime();
}

/** Jobs in memory, under the real transitions and the write conditions of the real store. */
export function fakeJobStore(clock: Clock): FakeJobStore {
  const rows = new Map<string, Job>();
  const written: Job[] = [];

  function put(job: Job): Job {
    const kept = structuredClone(job);
    rows.set(job.id, kept);
    written.push(kept);
    return job;
  }

  return {
    rows,
    written,
    put,
    row(jobId) {
      const job = rows.get(jobId);
      if (job === undefined) throw new Error(`no job ${jobId}`);
      return job;
    },
    find: async (jobId) => {
      const row = rows.get(jobId);
      return row !== undefined && isReadable(row, clock.now()) ? structuredClone(row) : undefined;
    },
    add: async (job, over) => {
      const row = rows.get(job.id);
      if (row?.version !== over?.version || row?.createdAt !== over?.createdAt) return false;
      put(job);
      return true;
    },
    drop: async ({ id, version, createdAt }) => {
      const row = rows.get(id);
      return row?.version === version && row.createdAt === createdAt && rows.delete(id);
    },
    record: async (before, change) => {
      const after = applyEvent(before, change, clock);
      const current = rows.get(before.id);
      if (current?.version !== before.version || !isLegal(change.event, current.phase))
        throw new JobChanged();
      return put(after);
    },
    settle: async (job) => {
      const row = rows.get(job.id);
      if (row?.version === job.version) rows.set(job.id, { ...row, sweepAt: undefined });
    },
  };
}
