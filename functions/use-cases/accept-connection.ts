import { DependencyDown } from "../domain/errors.ts";
import { SERVICE_UNAVAILABLE } from "../domain/failures.ts";
import type { Institution } from "../domain/institution.ts";
import { isFinished, type Job } from "../domain/job.ts";
import { type Login, packLogin } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { loginOf } from "../domain/secret-refs.ts";
import { initialSteps } from "../domain/steps.ts";
import { checkLogin } from "./check-login.ts";
import { failJob } from "./fail-job.ts";

export interface AcceptConnection {
  userId: string;
  institutionId: string | undefined;
  login: Login;
}

export interface Accepted {
  /** False when a job for the same user and institution was there already. */
  isNew: boolean;
  job: Job;
}

type Deps = Pick<Ports, "newId" | "clock" | "jobs" | "claims" | "vault" | "workflow" | "institutions">;

/** Each round lost means that a rival's job took the claim and ended within it. */
const MAX_ROUNDS = 5;

/** A day over the seven that the queue may last: the last net under what is destroyed on time. */
const LOGIN_KEPT_MS = 8 * 24 * 3600 * 1000;

/** How many upstream jobs of predecessors a job remembers: far more than fit between two clocks that disagree. */
const KNOWN_UPSTREAM_JOBS = 10;

/** Starts a job for a login, or gives the one that is queued or in progress for the same user and institution. */
export async function acceptConnection(deps: Deps, request: AcceptConnection): Promise<Accepted> {
  const institution = await checkLogin(deps, request);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const holderId = await deps.claims.holder(request.userId, institution.id);
    const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
    if (holder !== undefined && !isFinished(holder)) {
      if (holder.phase === "accepted") await deps.workflow.start(holder.id);
      return { isNew: false, job: holder };
    }
    const job = newJob(deps, request.userId, institution, holder);
    if (await addAndClaim(deps, job, request.login, holderId)) {
      await deps.workflow.start(job.id);
      return { isNew: true, job };
    }
  }
  throw new DependencyDown();
}

function newJob(deps: Deps, userId: string, institution: Institution, predecessor: Job | undefined): Job {
  const createdAt = deps.clock.now().toISOString();
  return {
    id: deps.newId(),
    userId,
    institutionId: institution.id,
    authorization: institution.authorization,
    phase: "accepted",
    version: 1,
    createdAt,
    updatedAt: createdAt,
    steps: initialSteps(institution.authorization),
    attempt: 0,
    knownUpstreamJobIds: upstreamJobsOf(predecessor).slice(-KNOWN_UPSTREAM_JOBS),
  };
}

function upstreamJobsOf(job: Job | undefined): string[] {
  if (job === undefined) return [];
  return job.upstreamJobId === undefined
    ? job.knownUpstreamJobIds
    : [...job.knownUpstreamJobIds, job.upstreamJobId];
}

/** False when a rival took the claim: then nothing of the job is left. */
async function addAndClaim(deps: Deps, job: Job, login: Login, from: string | undefined): Promise<boolean> {
  try {
    await addJob(deps, job, login);
    if (await deps.claims.take(job.userId, job.institutionId, job.id, from)) return true;
  } catch (error) {
    await abandon(deps, job).catch(() => undefined);
    throw error;
  }
  if (await deps.jobs.drop(job)) await deps.vault.destroy(loginOf(job));
  return false;
}

/**
 * Ends a job of which nobody can say whether it holds its claim. It is not removed: the same request, repeated, may have
 * found it meanwhile. If it has been started, it goes on.
 */
async function abandon(deps: Deps, job: Job): Promise<void> {
  if ((await deps.claims.holder(job.userId, job.institutionId)) === job.id) return;
  const row = await deps.jobs.find(job.id);
  if (row === undefined) await deps.vault.destroy(loginOf(job));
  else if (row.phase === "accepted") await failJob(deps, row, SERVICE_UNAVAILABLE);
}

/** The secret first, then the row: a claim that points at the job points at a whole one, without a transaction. */
async function addJob(deps: Deps, job: Job, login: Login): Promise<void> {
  await deps.vault.keep(loginOf(job), packLogin(login), deps.clock.after(LOGIN_KEPT_MS));
  await deps.jobs.add(job);
}
