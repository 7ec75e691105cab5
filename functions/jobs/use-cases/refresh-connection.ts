import type { WrittenIds } from "../domain/ids.ts";
import type { Authorization } from "../domain/institution.ts";
import type { Job } from "../domain/job.ts";
import type { JobStore, Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Connection } from "../domain/upstream-job.ts";
import { type AcceptDeps, type Accepted, acceptJob, requireRoom, runningHolder } from "./accept-job.ts";
import { inBatches } from "./in-batches.ts";

export interface FoundConnection {
  institutionId: string;
  /** Known if one of our jobs has created or used the connection: then we need not ask the aggregator. */
  authorization: Authorization | undefined;
}

/**
 * Returns a user's connection, from our own jobs or else from the aggregator. Throws a `Refusal` if neither knows it.
 */
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
  written?: WrittenIds | undefined;
}

export type RefreshDeps = AcceptDeps & Pick<Ports, "institutions">;

/**
 * Starts a job that refreshes a connection, or returns the unfinished job of that connection. Throws a `Refusal` if too many
 * jobs run.
 */
export async function refreshConnection(
  deps: RefreshDeps & Pick<Ports, "upstream">,
  request: RefreshConnection,
): Promise<Accepted> {
  await requireRoom(deps, request);
  return refreshFound(deps, request, await findConnection(deps, request.userId, request.connectionId));
}

async function refreshFound(
  deps: RefreshDeps,
  { userId, connectionId, written }: RefreshConnection,
  found: FoundConnection,
): Promise<Accepted> {
  const { institutionId: id, authorization } = found;
  const institution =
    authorization === undefined ? await deps.institutions.institution(id) : { id, authorization };
  // The aggregator may have removed the bank from its list. Its job then shows whether the bank asks something.
  const known = institution ?? { id, authorization: "user" as const };
  return acceptJob(deps, { kind: "refresh", userId, institution: known, connectionId, written });
}

/** An API function has 29 s, and a bank slows down if it gets too many requests at the same time. */
const AT_ONCE = 5;

export interface RefreshConnections {
  userId: string;
  /** Returns the id of the job for a connection. The same ids complete the work of an earlier run. */
  idFor(connectionId: string): string;
}

/**
 * Starts a refresh of every connection that the aggregator knows of a user. A connection with an
 * unfinished job keeps that job. Throws a `Refusal` if too many jobs run; the jobs that were started go on, and a repeated
 * request returns them.
 */
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
 * Returns the job for a connection. A connection that is still being created has no data to refresh, and a second
 * login could lock the account: returns the job that creates it, if we know that job already.
 */
async function jobFor(
  deps: RefreshDeps,
  userId: string,
  { id: connectionId, institutionId, isBeingMade }: Connection,
): Promise<Job | undefined> {
  const connection = { userId, connectionId };
  if (isBeingMade) return runningHolder(deps, connection);
  await requireRoom(deps, connection);
  return (await refreshFound(deps, connection, { institutionId, authorization: undefined })).job;
}
