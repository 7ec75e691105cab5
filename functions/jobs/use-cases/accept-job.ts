import { currentWindow, type RequestCounts } from "../../access/rate-limit.ts";
import type { Clock } from "../domain/clock.ts";
import { DependencyDown } from "../domain/errors.ts";
import type { WrittenIds } from "../domain/ids.ts";
import type { Institution } from "../domain/institution.ts";
import {
  bringsLogin,
  type ClaimOn,
  claimOf,
  generationOf,
  hasBegun,
  isFinished,
  type Job,
  type JobKind,
} from "../domain/job.ts";
import { blockedForMs, type Login, packLogin } from "../domain/login.ts";
import type { Executions, JobStore, Ports, RefusedLoginNotes, SweptJobs, Vault } from "../domain/ports.ts";
import { knownWith } from "../domain/queue.ts";
import { Refusal } from "../domain/refusal.ts";
import { FULL_FOR_MS, RETRY_AFTER_SECONDS, ROOM_WINDOW_MS } from "../domain/running.ts";
import { loginOf } from "../domain/secret.ts";
import { initialSteps } from "../domain/steps.ts";
import { firstSweepAt } from "../domain/sweep.ts";
import { LOGIN_TTL_MS } from "../domain/times-to-live.ts";

export interface UnblockedDeps {
  clock: Clock;
  refusedLogins: Pick<RefusedLoginNotes, "find">;
}

/**
 * Throws a `Refusal` after several refused logins in a row, because banks lock an account after a few. The new
 * login is not even stored.
 */
async function requireUnblocked(deps: UnblockedDeps, { userId, institutionId }: Job): Promise<void> {
  const noted = await deps.refusedLogins.find(userId, institutionId);
  const blockedMs = blockedForMs(noted, deps.clock.now());
  if (blockedMs === 0) return;
  throw new Refusal({
    reason: "too-many-refused-logins",
    retryAfterSeconds: Math.ceil(blockedMs / 1000),
  });
}

export interface RoomDeps {
  clock: Clock;
  requestCounts: RequestCounts;
  sweptJobs: Pick<SweptJobs, "running">;
  /** How many jobs may run at once; undefined: as many as come. */
  maxRunning?: number | undefined;
  /** What an instance of a function remembers: until when it does not look for room again. */
  roomMemory?: { fullUntil?: Date };
}

function isKnownFull({ clock, roomMemory }: RoomDeps): boolean {
  return roomMemory?.fullUntil !== undefined && clock.msUntil(roomMemory.fullUntil) > 0;
}

/**
 * Throws a `Refusal` if as many jobs run as may, unless one of them has the claim. To be called before anything that takes long: a
 * refusal has to cost little, because there are many when there is no room.
 */
export async function requireRoom(
  deps: RoomDeps & DropDeps & Pick<Ports, "newId" | "claims">,
  claim: ClaimOn,
): Promise<void> {
  if (deps.maxRunning === undefined || (await takesRoom(deps, deps.maxRunning))) return;
  if ((await runningHolder(deps, claim)) !== undefined) return;
  await undo(deps, deps.newId(), noRoom());
}

/**
 * Throws the `Refusal` of {@link requireRoom} if this instance of a function found no room a moment ago. Lets a request pass that an
 * unfinished job may answer, and one that may have run before. Writes nothing.
 */
export async function refuseIfFull(
  deps: RoomDeps & HolderDeps,
  claim: ClaimOn | undefined,
  isRepeated: () => Promise<boolean>,
): Promise<void> {
  if (claim === undefined || !isKnownFull(deps)) return;
  if (!(await isRepeated()) && (await runningHolder(deps, claim)) === undefined) throw noRoom();
}

type HolderDeps = Pick<Ports, "claims"> & { jobs: Pick<JobStore, "find"> };

/** Returns the unfinished job that holds a claim. */
export async function runningHolder({ claims, jobs }: HolderDeps, claim: ClaimOn): Promise<Job | undefined> {
  const holderId = await claims.holder(claim);
  const holder = holderId === undefined ? undefined : await jobs.find(holderId);
  return holder === undefined || isFinished(holder) ? undefined : holder;
}

function noRoom(): Refusal {
  return new Refusal({ reason: "too-many-jobs", retryAfterSeconds: RETRY_AFTER_SECONDS });
}

/** The count misses the jobs of the last moments, so no more requests get in within a moment than there was room for. */
async function takesRoom(deps: RoomDeps, maxRunning: number): Promise<boolean> {
  if (isKnownFull(deps)) return false;
  const { sweptJobs, requestCounts, clock, roomMemory } = deps;
  const room = maxRunning - (await sweptJobs.running());
  const window = currentWindow(clock, ROOM_WINDOW_MS);
  const isTaken = room > 0 && (await requestCounts.add("room", "all", window)) <= room;
  if (!isTaken && roomMemory !== undefined) roomMemory.fullUntil = clock.after(FULL_FOR_MS);
  return isTaken;
}

export interface AcceptJob {
  kind: Exclude<JobKind, "adopt">;
  userId: string;
  institution: Pick<Institution, "id" | "authorization">;
  /** For an update and a refresh. */
  connectionId?: string | undefined;
  /** For a create and an update. */
  login?: Login | undefined;
  /** The ids of the request, with their capitals. */
  written?: WrittenIds | undefined;
}

export interface Accepted {
  /** False if an unfinished job with the same claim existed already. */
  isNew: boolean;
  job: Job;
}

export type AcceptDeps = Pick<Ports, "newId" | "clock" | "claims"> &
  UnblockedDeps &
  DropDeps &
  RoomDeps & { executions: Pick<Executions, "start"> };

/** We lose a round only if another job takes the claim and ends within that round. */
const MAX_ROUNDS = 5;

/**
 * Starts a job, or returns the unfinished job with the same claim. With the id of an earlier request that died,
 * completes that request. Throws a `Refusal` after too many refused logins, and `DependencyDown` after 5 lost rounds. Its
 * callers have called {@link requireRoom}.
 */
export async function acceptJob(deps: AcceptDeps, request: AcceptJob): Promise<Accepted> {
  const earlier = await holderInCapitals(deps, request);
  if (earlier !== undefined) return { isNew: false, job: earlier };
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

/** Returns an unfinished job that an earlier version has claimed under ids with capitals. */
async function holderInCapitals(deps: AcceptDeps, request: AcceptJob): Promise<Job | undefined> {
  const { kind, institution, connectionId, userId, written } = request;
  const ids = { userId, connectionId, ...written };
  if (ids.userId === userId && ids.connectionId === connectionId) return undefined;
  const holderId = await deps.claims.holder(claimOf({ kind, institutionId: institution.id, ...ids }));
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  return holder === undefined || isFinished(holder) ? undefined : holder;
}

/**
 * A resumed job is `accepted` again, but its previous execution has to be stopped first. `resumeJob`
 * and the sweeper do that.
 */
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

/** The upstream jobs of earlier jobs are never taken for the upstream job of this job. */
function upstreamJobsOf(predecessor: Job | undefined): string[] {
  return knownWith(predecessor?.knownUpstreamJobIds ?? [], predecessor?.upstreamJobId);
}

/**
 * Writes the row, then the login; the claim follows. So a claim always points at a complete job, without a
 * transaction, and the sweeper finds every login by its row. The sweeper starts or deletes a job that a crash or a
 * failure left without its claim. A write of a login that timed out may arrive later: its row stays, so that the
 * sweeper deletes both, unless a repeated request completes the job before.
 */
async function add(deps: AcceptDeps, job: Job, login: Login | undefined): Promise<Job | undefined> {
  const added = await addRow(deps, job);
  if (added === undefined || hasBegun(added) || login === undefined) return added;
  try {
    await deps.vault.store(loginOf(added), packLogin(login), deps.clock.after(LOGIN_TTL_MS));
  } catch (error) {
    await markDropped(deps, added, "unless-repeated").catch(() => undefined);
    throw error;
  }
  return added;
}

/**
 * Adds the row of a job. Overwrites the row of an earlier request with the same id, so that a run that read
 * the earlier row cannot delete it any more. Returns the earlier job if it has begun. Returns `undefined`
 * while the row is being deleted.
 */
async function addRow({ jobs }: AcceptDeps, job: Job): Promise<Job | undefined> {
  if (await jobs.add(job)) return job;
  const begun = await jobs.find(job.id);
  if (begun === undefined || begun.isDropped === true) return undefined;
  if (hasBegun(begun)) return begun;
  const next: Job = { ...job, version: begun.version + 1, isRepeated: true };
  return (await jobs.add(next, begun)) ? next : undefined;
}

/**
 * Deletes the job that an earlier request with this id created: otherwise the sweeper would start it. A job that is
 * marked as dropped is left to the sweeper. Then throws the refusal.
 */
async function undo(deps: DropDeps, id: string, refusal: unknown): Promise<never> {
  const left = await deps.jobs.find(id);
  if (left !== undefined && !hasBegun(left) && left.isDropped === undefined) await dropJob(deps, left);
  throw refusal;
}

export interface DropDeps {
  clock: Clock;
  jobs: Pick<JobStore, "find" | "add" | "drop">;
  vault: Pick<Vault, "store" | "destroy">;
}

/**
 * Deletes a job that no client knows, its login before its row: after a crash in between, the row still exists. Marks
 * the row first, so that no other run takes the job over. Returns false if another run has changed the job.
 */
export async function dropJob(deps: DropDeps, job: Job): Promise<boolean> {
  const marked = await markDropped(deps, job, true);
  if (marked === undefined) return false;
  if (bringsLogin(job)) await deps.vault.destroy(loginOf(job));
  return deps.jobs.drop(marked);
}

/** Returns `undefined` if another run has changed the job. */
async function markDropped(
  { clock, jobs }: DropDeps,
  job: Job,
  isDropped: NonNullable<Job["isDropped"]>,
): Promise<Job | undefined> {
  const marked: Job = { ...job, version: job.version + 1, isDropped, sweepAt: firstSweepAt(clock) };
  return (await jobs.add(marked, job)) ? marked : undefined;
}
