import {
  InstitutionUnavailable,
  QueueExhausted,
  UpstreamRefused,
  UpstreamUnavailable,
} from "../domain/errors.ts";
import { INTERNAL_ERROR, isOutage } from "../domain/failures.ts";
import type { Job } from "../domain/job.ts";
import { unpackLogin } from "../domain/login.ts";
import { FOLLOW_LIMIT_MS } from "../domain/polling-policy.ts";
import type { Ports } from "../domain/ports.ts";
import { MAX_ATTEMPTS } from "../domain/queue-policy.ts";
import { loginOf } from "../domain/secret-refs.ts";
import { findAttempt } from "../domain/upstream-job.ts";
import { findJob } from "./change-job.ts";
import { failJob } from "./fail-job.ts";
import { holdAttempt } from "./hold-attempt.ts";
import { institutionIsDown } from "./institution-is-down.ts";

type Deps = Pick<Ports, "clock" | "jobs" | "vault" | "upstream">;

/**
 * Makes one attempt to open the connection upstream: at most one login is sent in it, however often this runs.
 * Throws `InstitutionUnavailable` when the bank is down, `UpstreamUnavailable` when nobody can say whether the login
 * arrived: running this again finds out.
 */
export async function openConnection(deps: Deps, { jobId }: { jobId: string }): Promise<Job> {
  const job = await findJob(deps, jobId);
  if (job.phase === "opening") return reopen(deps, job);
  if (job.phase !== "accepted" && job.phase !== "queued") return job;
  if (job.attempt >= MAX_ATTEMPTS) throw new QueueExhausted();
  if (job.phase === "queued" && (await institutionIsDown(deps, job))) {
    await holdAttempt(deps, job, job.attempt + 1);
    throw new InstitutionUnavailable();
  }
  const changes = { attempt: job.attempt + 1, attemptAt: deps.clock.now().toISOString() };
  return sendLogin(deps, await deps.jobs.record(job, { event: "attemptStarted", changes }));
}

/** The login may have been sent before: upstream's own list says whether it was. */
async function reopen(deps: Deps, job: Job): Promise<Job> {
  const { institutionId, knownUpstreamJobIds } = job;
  const startedAt = job.attemptAt ?? job.createdAt;
  const listed = await deps.upstream.jobsOf(job.userId);
  const found = findAttempt(listed, { institutionId, startedAt, knownUpstreamJobIds });
  return found === undefined ? sendLogin(deps, job) : recordOpened(deps, job, found.id);
}

async function sendLogin(deps: Deps, job: Job): Promise<Job> {
  const packed = await deps.vault.reveal(loginOf(job));
  if (packed === undefined) return failJob(deps, job, INTERNAL_ERROR);
  try {
    const opened = await deps.upstream.openConnection(job.userId, job.institutionId, unpackLogin(packed));
    return await recordOpened(deps, job, opened.upstreamJobId);
  } catch (error) {
    if (!(error instanceof UpstreamRefused)) throw error;
    if (!isOutage(error.problem.code)) return failJob(deps, job, error.problem);
    if (!(await institutionIsDown(deps, job))) throw new UpstreamUnavailable();
    await holdAttempt(deps, job, job.attempt);
    throw new InstitutionUnavailable();
  }
}

async function recordOpened(deps: Deps, job: Job, upstreamJobId: string): Promise<Job> {
  const followUntil = deps.clock.after(FOLLOW_LIMIT_MS).toISOString();
  return deps.jobs.record(job, { event: "connectionOpened", changes: { upstreamJobId, followUntil } });
}
