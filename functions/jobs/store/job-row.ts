import type { Job } from "../domain/job.ts";
import { keptUntil } from "../domain/times-to-live.ts";
import { jobRecordOf } from "./job-record.ts";

const PREFIX = "job#";

/** A partition of an index takes 1,000 writes a second: the jobs that are not over are shared among so many. */
export const SWEEP_SHARDS = 4;

export function jobKey(jobId: string) {
  return { pk: `${PREFIX}${jobId}` };
}

export function jobIdIn(pk: string): string {
  return pk.slice(PREFIX.length);
}

/** A job as its row holds it: what finds it in a list of its user's, and among those that the sweeper looks at. */
export function jobRow(job: Job, writeId: string, retentionDays: number) {
  return {
    ...jobRecordOf(job),
    ...jobKey(job.id),
    listed: listOf(job.userId),
    sweep: job.sweepAt === undefined ? undefined : sweepOf(job),
    runsSince: job.phase !== "queued" && job.queue !== undefined ? job.updatedAt : undefined,
    writeId,
    expiresAt: keptUntil(job.updatedAt, retentionDays),
  };
}

/** What a user's jobs are listed under. */
export function listOf(userId: string): string {
  return `user#${userId}`;
}

/** The part of the sweeper's index: jobs that are queued are apart, since they are many at times, and wait for long. */
function sweepOf({ id, phase }: Job): string {
  const shard = Number.parseInt(id.slice(-2), 16) % SWEEP_SHARDS;
  return sweepPart(phase === "queued" ? "queued" : "running", shard);
}

export function sweepPart(kind: "queued" | "running", shard: number): string {
  return `${kind}#${shard}`;
}

/** What is past its time counts as gone, whenever DynamoDB deletes it. */
export function isKept({ expiresAt }: Record<string, unknown>, now: Date): boolean {
  return typeof expiresAt !== "number" || expiresAt * 1000 > now.getTime();
}
