import { DependencyDown, UpstreamRefused } from "../domain/errors.ts";
import { derivedId } from "../domain/idempotency.ts";
import type { Authorization } from "../domain/institution.ts";
import { type Job, kindOf } from "../domain/job.ts";
import type { Executions, JobStore, Ports, Upstream } from "../domain/ports.ts";
import { QUEUE_LIMIT_SECONDS } from "../domain/queue.ts";
import { Refusal } from "../domain/refusal.ts";
import { orWhenUnavailable } from "../domain/sending.ts";
import { initialSteps } from "../domain/steps.ts";
import { firstSweepAt } from "../domain/sweep.ts";
import { isKnown, type ListedJob } from "../domain/upstream-job.ts";
import { inBatches } from "./in-batches.ts";

export type AdoptDeps = Pick<Ports, "clock" | "jobList" | "institutions"> & {
  jobs: Pick<JobStore, "find" | "add">;
  executions: Pick<Executions, "start">;
  upstream: Pick<Upstream, "jobsOf">;
  policy: Pick<Ports["policy"], "followLimitMs">;
};

export interface AdoptRequest {
  userId: string;
  upstreamJobIds: readonly string[];
}

/** The most upstream jobs that a request may name. */
export const MAX_ADOPTED = 20;

const DAY_MS = 24 * 3_600_000;
/** The aggregator lists its jobs for this long. */
const LISTED_MS = 7 * DAY_MS;
/** A job that no request has named is adopted within this time. */
const UNSEEN_MS = DAY_MS;

/**
 * Adopts upstream jobs of a user: returns our job for each, in the order given. An upstream job that is ours already has our
 * job. Adopting it again gives the same job. Throws a `Refusal`, and adopts none, if the aggregator does not list one of
 * them among the user's own jobs.
 */
export async function adoptJobs(deps: AdoptDeps, { userId, upstreamJobIds }: AdoptRequest): Promise<Job[]> {
  const listed = await listedJobs(deps, userId);
  const wanted = upstreamJobIds.map((id) => {
    const found = listed.find((job) => isKnown(job.id, [id]));
    if (found === undefined) throw new Refusal("job-not-found");
    return found;
  });
  return adoptListed(deps, userId, wanted);
}

/**
 * As {@link adoptJobs}, for ids that a browser brings: ignores those that are unknown, of another user, or older than 7 days,
 * and all after the first {@link MAX_ADOPTED}.
 */
export async function adoptReturned(
  deps: AdoptDeps,
  { userId, upstreamJobIds }: AdoptRequest,
): Promise<Job[]> {
  const ids = [...new Set(upstreamJobIds.map((id) => id.toLowerCase()))].slice(0, MAX_ADOPTED);
  if (ids.length === 0) return [];
  const listed = (await listedJobs(deps, userId)).filter((job) => isYounger(deps, job, LISTED_MS));
  const wanted = ids.flatMap((id) => listed.find((job) => isKnown(job.id, [id])) ?? []);
  return adoptListed(deps, userId, wanted);
}

/**
 * Adopts the upstream jobs of a user that began within a day and are not ours: the user may have closed the browser before it
 * came back. Returns false if an upstream job may belong to a job of ours that is being opened: then call this again later.
 */
export async function adoptUnseen(deps: AdoptDeps, userId: string): Promise<boolean> {
  const listed = (await listedJobs(deps, userId)).filter((job) => isYounger(deps, job, UNSEEN_MS));
  const ours = await jobsSince(deps, userId, listed);
  const known = ours.flatMap(({ upstreamJobId = [], knownUpstreamJobIds }) =>
    knownUpstreamJobIds.concat(upstreamJobId),
  );
  const opening = ours.filter(({ phase }) => phase === "accepted" || phase === "opening");
  const unseen = listed.filter(({ id }) => !isKnown(id, known));
  const mayBeOurs = (job: ListedJob) =>
    opening.some(({ institutionId }) => institutionId === job.institutionId);
  await adopt(
    deps,
    userId,
    unseen.filter((job) => !mayBeOurs(job)),
  );
  return !unseen.some(mayBeOurs);
}

/** Adopts the upstream job of a statement that was just uploaded. It may begin later if it cannot begin now. */
export async function adoptStatement(
  deps: AdoptDeps,
  { userId, upstreamJobId, institutionId }: { userId: string; upstreamJobId: string; institutionId: string },
): Promise<Job> {
  // Repeating the request would upload the statement again. The sweeper starts the execution.
  const executions: AdoptDeps["executions"] = {
    start: (job) => deps.executions.start(job).catch(() => undefined),
  };
  const statement = { id: upstreamJobId, created: "", institutionId, isOfStatement: true } as const;
  return adoptOne({ ...deps, executions }, userId, statement);
}

/** Returns the user's jobs as the aggregator lists them. A user whom the aggregator does not know has none. */
async function listedJobs({ upstream }: AdoptDeps, userId: string): Promise<ListedJob[]> {
  try {
    return await upstream.jobsOf(userId);
  } catch (error) {
    if (error instanceof UpstreamRefused && error.status === 404) return [];
    throw error;
  }
}

/** A job whose time is missing counts as young: the aggregator lists no old jobs. */
function isYounger({ clock }: Pick<AdoptDeps, "clock">, { created }: ListedJob, ageMs: number): boolean {
  return !(clock.now().getTime() - Date.parse(created) > ageMs);
}

/** Returns our job for each upstream job, which may occur twice. */
async function adoptListed(deps: AdoptDeps, userId: string, wanted: readonly ListedJob[]): Promise<Job[]> {
  const found = new Map<string, Job>();
  for (const { id } of wanted) {
    const adopted = await deps.jobs.find(idFor(userId, id));
    if (adopted === undefined) continue;
    await startIfNew(deps, adopted);
    found.set(id, adopted);
  }
  const others = wanted.filter(({ id }) => !found.has(id));
  const ours = await jobsSince(deps, userId, others);
  const begunHere = ({ id }: ListedJob) =>
    ours.find(({ upstreamJobId }) => upstreamJobId !== undefined && isKnown(id, [upstreamJobId]));
  for (const other of others) {
    const job = begunHere(other);
    if (job !== undefined) found.set(other.id, job);
  }
  const elsewhere = others.filter(({ id }) => !found.has(id));
  for (const [id, job] of await adopt(deps, userId, elsewhere)) found.set(id, job);
  return wanted.flatMap(({ id }) => found.get(id) ?? []);
}

/** A user has few jobs: most lists end with the first page. */
const PAGE = 100;

/**
 * Returns the jobs of a user that may have these upstream jobs, newest first. A job of ours is older than its upstream job by
 * at most the time of the queue. A row that leads from an upstream job to our job would make each job more expensive.
 */
async function jobsSince(
  { clock, jobList }: AdoptDeps,
  userId: string,
  listed: readonly ListedJob[],
): Promise<Job[]> {
  if (listed.length === 0) return [];
  const now = clock.now().getTime();
  const created = listed.map((job) => Date.parse(job.created) || now - LISTED_MS);
  const since = Math.min(...created) - QUEUE_LIMIT_SECONDS * 1000 - DAY_MS;
  const jobs: Job[] = [];
  let from: string | undefined;
  for (;;) {
    const wanted = ({ isDropped }: Job) => isDropped === undefined;
    const page = await jobList.page([userId], { limit: PAGE, from, wanted });
    jobs.push(...page.jobs);
    const last = page.jobs.at(-1);
    if (page.next === undefined || last === undefined || Date.parse(last.createdAt) < since) return jobs;
    from = page.next;
  }
}

/** The table allows more at once, but each job may need a request for its bank to the aggregator. */
const AT_ONCE = 5;

/** Adopts upstream jobs that are not ours. Returns our jobs by the ids of the upstream jobs. */
async function adopt(
  deps: AdoptDeps,
  userId: string,
  listed: readonly ListedJob[],
): Promise<Map<string, Job>> {
  const each = [...new Map(listed.map((job) => [job.id, job])).values()];
  const adopted = await inBatches(
    each,
    AT_ONCE,
    async (job) => [job.id, await adoptOne(deps, userId, job)] as const,
  );
  return new Map(adopted);
}

/** The id of an adopted job follows from its upstream job, so that all requests that adopt it write the same row. */
function idFor(userId: string, upstreamJobId: string): string {
  return derivedId(`adopted ${userId}`, upstreamJobId.toLowerCase());
}

async function adoptOne(deps: AdoptDeps, userId: string, upstreamJob: ListedJob): Promise<Job> {
  const job = adoptedJob(deps, userId, upstreamJob, await authorizationOf(deps, upstreamJob));
  const isAdded = await deps.jobs.add(job);
  const current = isAdded ? job : await deps.jobs.find(job.id);
  // The row has expired, and is not deleted yet.
  if (current === undefined) throw new DependencyDown();
  await startIfNew(deps, current);
  return current;
}

/** Starts the job's execution unless the job has changed. The run that added the row may have died before the start. */
async function startIfNew({ executions }: AdoptDeps, job: Job): Promise<void> {
  if (kindOf(job) === "adopt" && job.version === 1) await executions.start(job);
}

/** Decides which steps the job shows at first. If it is unknown, the aggregator's job shows later whether the bank asks something. */
async function authorizationOf(
  { institutions }: AdoptDeps,
  { institutionId, isOfStatement }: ListedJob,
): Promise<Authorization> {
  if (isOfStatement || institutionId === undefined) return "user";
  const institution = await orWhenUnavailable(institutions.institution(institutionId), undefined);
  return institution?.authorization ?? "user";
}

/** The job follows its upstream job from the first write on. */
function adoptedJob(
  { clock, policy }: AdoptDeps,
  userId: string,
  { id, institutionId = "" }: ListedJob,
  authorization: Authorization,
): Job {
  const now = clock.now().toISOString();
  return {
    id: idFor(userId, id),
    userId,
    institutionId,
    authorization,
    kind: "adopt",
    phase: "following",
    version: 1,
    createdAt: now,
    updatedAt: now,
    sweepAt: firstSweepAt(clock),
    steps: initialSteps(authorization),
    attempt: 1,
    attemptAt: now,
    knownUpstreamJobIds: [],
    upstreamJobId: id,
    followUntil: clock.after(policy.followLimitMs).toISOString(),
  };
}
