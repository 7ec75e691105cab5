import { inBatches } from "../domain/in-batches.ts";
import type { Accepted } from "./accept-job.ts";
import { type RefreshDeps, refreshFound } from "./refresh-connection.ts";

/** An API function has 29 s, and a bank that is asked too much at once slows down. */
const AT_ONCE = 5;

/** Starts a refresh of every connection that upstream knows of a user; those that have a job already keep it. */
export async function refreshConnections(
  deps: RefreshDeps,
  { userId }: { userId: string },
): Promise<Accepted[]> {
  const connections = await deps.connections.connectionsOf(userId);
  return inBatches(connections, AT_ONCE, ({ id, institutionId }) =>
    refreshFound(deps, { userId, connectionId: id }, { institutionId, authorization: undefined }),
  );
}
