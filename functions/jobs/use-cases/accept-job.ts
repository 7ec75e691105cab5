import type { Clock } from "../domain/clock.ts";
import { DependencyDown } from "../domain/errors.ts";
import type { Institution } from "../domain/institution.ts";
import {
  claimOf,
  generationOf,
  hasBegun,
  isFinished,
  type Job,
  type JobKind,
  kindOf,
} from "../domain/job.ts";
import { blockedForMs, type Login, packLogin } from "../domain/login.ts";
import type { Executions, JobStore, Ports, RefusedLoginNotes, Vault } from "../domain/ports.ts";
import { knownWith } from "../domain/queue.ts";
import { Refusal } from "../domain/refusal.ts";
import { loginOf } from "../domain/secret.ts";
import { initialSteps } from "../domain/steps.ts";
import { firstSweepAt } from "../domain/sweep.ts";
import { LOGIN_TTL_MS } from "../domain/times-to-live.ts";

export interface UnblockedDeps {
  clock: Clock;
  refusedLogins: Pick<RefusedLoginNotes, "find">;
}

/** Banks lock an account after a few wrong logins in a row: the next one is not even kept. */
async function requireUnblocked(deps: UnblockedDeps, { userId, institutionId }: Job): Promise<void> {
  const noted = await deps.refusedLogins.find(userId, institutionId);
  const blockedMs = blockedForMs(noted, deps.clock.now());
  if (blockedMs === 0) return;
  throw new Refusal({
    reason: "too-many-refused-logins",
    retryAfterSeconds: Math.ceil(blockedMs / 1000),
  });
}

export interface AcceptJob {
  kind: JobKind;
  userId: string;
  institution: Pick<Institution, "id" | "authorization">;
  /** Of an update and a refresh. */
  connectionId?: string | undefined;
  /** Of a create and an update. */
  login?: Login | undefined;
}

export interface Accepted {
  /** False when a job about the same was there already. */
  isNew: boolean;
  job: Job;
}

export type AcceptDeps = Pick<Ports, "newId" | "clock" | "claims"> &
  UnblockedDeps &
  DropDeps & { executions: Pick<Executions, "start"> };

/** Each round lost means that a rival's job took the claim and ended within it. */
const MAX_ROUNDS = 5;

/**
 * Starts a job, or gives the one that is queued or in progress about the same. With the id of an earlier request that died on
 * its way, this ends what that one began.
 */
export async function acceptJob(deps: AcceptDeps, request: AcceptJob): Promise<Accepted> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const id = deps.newId();
    const blank = newJob(deps, request, id);
    const holderId = await deps.claims.holder(claimOf(blank));
    const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
    if (holder !== undefined && (!isFinished(holder) || holder.id === id)) {
      if (isToStart(holder)) await deps.executions.start(holder);
      return { isNew: holder.id === id, job: holder };
    }
    if (request.login !== undefined)
      await requireUnblocked(deps, blank).catch((error) => undo(deps, id, error));
    const job = await add(deps, { ...blank, knownUpstreamJobIds: upstreamJobsOf(holder) }, request.login);
    if (job === undefined) continue;
    if (hasBegun(job)) return { isNew: true, job };
    if (await deps.claims.take(claimOf(job), job.id, holderId)) {
      await deps.executions.start(job);
      return { isNew: true, job };
    }
    await dropJob(deps, job);
  }
  throw new DependencyDown();
}

/** One that is accepted again, for a further attempt, has an execution that is to be stopped first: others see to it. */
function isToStart(job: Job): boolean {
  return job.phase === "accepted" && generationOf(job) === 1;
}

function newJob(deps: AcceptDeps, request: AcceptJob, id: string): Job {
  const { kind, userId, institution, connectionId } = request;
  const createdAt = deps.clock.now().toISOString();
  return {
    id,
    userId,
    institutionId: institution.id,
    authorization: institution.authorization,
    ...(kind !== "create" && { kind, connectionId }),
    phase: "accepted",
    version: 1,
    createdAt,
    updatedAt: createdAt,
    sweepAt: firstSweepAt(deps.clock),
    steps: initialSteps(institution.authorization),
    attempt: 0,
    knownUpstreamJobIds: [],
  };
}

/** Upstream jobs of predecessors are never taken for this job's. */
function upstreamJobsOf(predecessor: Job | undefined): string[] {
  return knownWith(predecessor?.knownUpstreamJobIds ?? [], predecessor?.upstreamJobId);
}

/**
 * The row first, then the login, then the claim: a claim points at a whole job, without a transaction, and the sweeper finds
 * every login by its row. What a crash or a failure leaves of a job without its claim, it sees to.
 */
async function add(deps: AcceptDeps, job: Job, login: Login | undefined): Promise<Job | undefined> {
  const added = await addRow(deps, job);
  if (added === undefined || hasBegun(added) || login === undefined) return added;
  try {
    await deps.vault.keep(loginOf(added), packLogin(login), deps.clock.after(LOGIN_TTL_MS));
  } catch (error) {
    await dropJob(deps, added).catch(() => undefined);
    throw error;
  }
  return added;
}

/**
 * Where an earlier request has left a job of this id, it is written over, so that nobody drops it any more who knows the
 * earlier one; where that has gone on, it is given. Nothing as long as it is being dropped.
 */
async function addRow({ jobs }: AcceptDeps, job: Job): Promise<Job | undefined> {
  if (await jobs.add(job)) return job;
  const begun = await jobs.find(job.id);
  if (begun === undefined || begun.isDropped) return undefined;
  if (hasBegun(begun)) return begun;
  const next = { ...job, version: begun.version + 1 };
  return (await jobs.add(next, begun)) ? next : undefined;
}

/** What an earlier request with this id had begun goes with the refusal: the sweeper would start it. */
async function undo(deps: AcceptDeps, id: string, refusal: unknown): Promise<never> {
  const left = await deps.jobs.find(id);
  if (left !== undefined && !hasBegun(left)) await dropJob(deps, left);
  throw refusal;
}

export interface DropDeps {
  clock: Clock;
  jobs: Pick<JobStore, "find" | "add" | "drop">;
  vault: Pick<Vault, "keep" | "destroy">;
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
