import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import type { Connection } from "../domain/upstream-ports.ts";
import { inBatches } from "./in-batches.ts";
import { type RefreshDeps, refreshFound } from "./refresh-connection.ts";

/** An API function has 29 s, and a bank that is asked too much at once slows down. */
const AT_ONCE = 5;

export interface RefreshConnections {
  userId: string;
  /** The id of the job for a connection. With the same ids again, this ends what an earlier run began. */
  idFor(connectionId: string): string;
}

/** Starts a refresh of every connection that upstream knows of a user; those that have a job already keep it. */
export async function refreshConnections(
  deps: Omit<RefreshDeps, "newId"> & Pick<Ports, "connectionList">,
  { userId, idFor }: RefreshConnections,
): Promise<Job[]> {
  const connections = await deps.connectionList.connectionsOf(userId);
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
