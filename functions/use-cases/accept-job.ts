import { claimOf } from "../domain/claim-on.ts";
import { DependencyDown } from "../domain/errors.ts";
import { SERVICE_UNAVAILABLE } from "../domain/failures.ts";
import { knownWith } from "../domain/holding.ts";
import type { Institution } from "../domain/institution.ts";
import { generationOf, isFinished, type Job, type JobKind, kindOf } from "../domain/job.ts";
import { blockedForMs } from "../domain/lockout.ts";
import { type Login, packLogin } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { loginOf } from "../domain/secret-refs.ts";
import { initialSteps } from "../domain/steps.ts";
import { firstSweepAt } from "../domain/sweep-policy.ts";
import { failJob } from "./fail-job.ts";

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

export type AcceptDeps = Pick<
  Ports,
  "newId" | "clock" | "jobs" | "claims" | "vault" | "workflow" | "refusedLogins"
>;

/** Each round lost means that a rival's job took the claim and ended within it. */
const MAX_ROUNDS = 5;

/** A day over the seven that the queue may last: the last net under what is destroyed on time. */
const LOGIN_KEPT_MS = 8 * 24 * 3600 * 1000;

/**
 * Starts a job, or gives the one that is queued or in progress about the same. The job's id is asked for once: with the id of
 * an earlier request that died on its way, this ends what that one began.
 */
export async function acceptJob(deps: AcceptDeps, request: AcceptJob): Promise<Accepted> {
  const id = deps.newId();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const blank = newJob(deps, request, id);
    const holderId = await deps.claims.holder(claimOf(blank));
    const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
    if (holder !== undefined && (!isFinished(holder) || holder.id === id)) {
      if (isToStart(holder)) await deps.workflow.start(holder);
      return { isNew: holder.id === id, job: holder };
    }
    if (request.login !== undefined) await requireUnblocked(deps, blank);
    const job = { ...blank, knownUpstreamJobIds: upstreamJobsOf(holder) };
    if (await addAndClaim(deps, job, request.login, holderId)) {
      await deps.workflow.start(job);
      return { isNew: true, job };
    }
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

/** Banks lock an account after a few wrong logins in a row: the next one is not even kept. */
async function requireUnblocked(deps: AcceptDeps, { userId, institutionId }: Job): Promise<void> {
  const noted = await deps.refusedLogins.find(userId, institutionId);
  const blockedMs = blockedForMs(noted, deps.clock.now());
  if (blockedMs === 0) return;
  throw new Refusal({
    reason: "too-many-refused-logins",
    retryAfterSeconds: Math.ceil(blockedMs / 1000),
  });
}

/** False when a rival took the claim: then nothing of the job is left. */
async function addAndClaim(
  deps: AcceptDeps,
  job: Job,
  login: Login | undefined,
  from: string | undefined,
): Promise<boolean> {
  try {
    await addJob(deps, job, login);
    if (await deps.claims.take(claimOf(job), job.id, from)) return true;
  } catch (error) {
    await abandon(deps, job).catch(() => undefined);
    throw error;
  }
  if (await deps.jobs.drop(job)) await destroyLogin(deps, job);
  return false;
}

/** A refresh brings none. */
async function destroyLogin(deps: AcceptDeps, job: Job): Promise<void> {
  if (kindOf(job) !== "refresh") await deps.vault.destroy(loginOf(job));
}

/**
 * Ends a job of which nobody can say whether it holds its claim. It is not removed: the same request, repeated, may have
 * found it meanwhile. If it has been started, it goes on.
 */
async function abandon(deps: AcceptDeps, job: Job): Promise<void> {
  if ((await deps.claims.holder(claimOf(job))) === job.id) return;
  const row = await deps.jobs.find(job.id);
  if (row === undefined) await destroyLogin(deps, job);
  else if (row.phase === "accepted") await failJob(deps, row, SERVICE_UNAVAILABLE);
}

/** The secret first, then the row: a claim that points at the job points at a whole one, without a transaction. */
async function addJob(deps: AcceptDeps, job: Job, login: Login | undefined): Promise<void> {
  if (login !== undefined) {
    await deps.vault.keep(loginOf(job), packLogin(login), deps.clock.after(LOGIN_KEPT_MS));
  }
  await deps.jobs.add(job);
}
