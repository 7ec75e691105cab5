import type { Authorization } from "../domain/institution.ts";
import { isFinished, type Job } from "../domain/job.ts";
import type { JobStore, Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Connection } from "../domain/upstream-job.ts";
import { type AcceptDeps, type Accepted, acceptJob } from "./accept-job.ts";
import { inBatches } from "./in-batches.ts";

export interface FoundConnection {
  institutionId: string;
  /** Of a connection that a job of ours has made or used: upstream needs not be asked. */
  authorization: Authorization | undefined;
}

/** A user's connection: one that jobs of ours know, or else any that upstream knows. Throws a `Refusal` for no such one. */
export async function findConnection(
  deps: Pick<Ports, "claims" | "upstream"> & { jobs: Pick<JobStore, "find"> },
  userId: string,
  connectionId: string,
): Promise<FoundConnection> {
  const jobId = await deps.claims.holder({ userId, connectionId });
  const job = jobId === undefined ? undefined : await deps.jobs.find(jobId);
  if (job !== undefined) return { institutionId: job.institutionId, authorization: job.authorization };
  const connection = await deps.upstream.connection(userId, connectionId);
  if (connection === undefined) throw new Refusal("connection-not-found");
  return { institutionId: connection.institutionId, authorization: undefined };
}

export interface RefreshConnection {
  userId: string;
  connectionId: string;
}

export type RefreshDeps = AcceptDeps & Pick<Ports, "institutions">;

/** Starts a job that reads a connection anew, or gives the one that is queued or in progress on it. */
export async function refreshConnection(
  deps: RefreshDeps & Pick<Ports, "upstream">,
  request: RefreshConnection,
): Promise<Accepted> {
  return refreshFound(deps, request, await findConnection(deps, request.userId, request.connectionId));
}

async function refreshFound(
  deps: RefreshDeps,
  { userId, connectionId }: RefreshConnection,
  found: FoundConnection,
): Promise<Accepted> {
  const { institutionId: id, authorization } = found;
  const institution =
    authorization === undefined ? await deps.institutions.institution(id) : { id, authorization };
  // Upstream may have taken the bank out of its list, and shows then by itself whether that asks for anything.
  const known = institution ?? { id, authorization: "user" as const };
  return acceptJob(deps, { kind: "refresh", userId, institution: known, connectionId });
}

/** An API function has 29 s, and a bank that is asked too much at once slows down. */
const AT_ONCE = 5;

export interface RefreshConnections {
  userId: string;
  /** The id of the job for a connection. With the same ids again, this ends what an earlier run began. */
  idFor(connectionId: string): string;
}

/** Starts a refresh of every connection that upstream knows of a user; those that have a job already keep it. */
export async function refreshConnections(
  deps: Omit<RefreshDeps, "newId"> & Pick<Ports, "upstream">,
  { userId, idFor }: RefreshConnections,
): Promise<Job[]> {
  const connections = await deps.upstream.connectionsOf(userId);
  const jobs = await inBatches(connections, AT_ONCE, (connection) =>
    jobFor({ ...deps, newId: () => idFor(connection.id) }, userId, connection),
  );
  return jobs.filter((job) => job !== undefined);
}

/**
 * A connection that is still being made has nothing to be read anew, and a second login beside the first could lock the
 * account: it has the job that makes it, if we know that already, or else none.
 */
async function jobFor(
  deps: RefreshDeps,
  userId: string,
  { id: connectionId, institutionId, isBeingMade }: Connection,
): Promise<Job | undefined> {
  const connection = { userId, connectionId };
  if (isBeingMade) return runningOn(deps, connection);
  return (await refreshFound(deps, connection, { institutionId, authorization: undefined })).job;
}

async function runningOn(
  deps: Pick<RefreshDeps, "claims" | "jobs">,
  connection: { userId: string; connectionId: string },
): Promise<Job | undefined> {
  const holderId = await deps.claims.holder(connection);
  const holder = holderId === undefined ? undefined : await deps.jobs.find(holderId);
  return holder === undefined || isFinished(holder) ? undefined : holder;
}
