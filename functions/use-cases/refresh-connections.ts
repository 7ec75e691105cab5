import { inBatches } from "../domain/in-batches.ts";
import type { Accepted } from "./accept-job.ts";
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
  deps: Omit<RefreshDeps, "newId">,
  { userId, idFor }: RefreshConnections,
): Promise<Accepted[]> {
  const connections = await deps.connections.connectionsOf(userId);
  return inBatches(connections, AT_ONCE, ({ id, institutionId }) =>
    refreshFound(
      { ...deps, newId: () => idFor(id) },
      { userId, connectionId: id },
      { institutionId, authorization: undefined },
    ),
  );
}
