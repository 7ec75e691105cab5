import type { Ports } from "../domain/ports.ts";
import { type AcceptDeps, type Accepted, acceptJob } from "./accept-job.ts";
import { type FoundConnection, findConnection } from "./find-connection.ts";

export interface RefreshConnection {
  userId: string;
  connectionId: string;
}

export type RefreshDeps = AcceptDeps & Pick<Ports, "institutions">;

/** Starts a job that reads a connection anew, or gives the one that is queued or in progress on it. */
export async function refreshConnection(
  deps: RefreshDeps & Pick<Ports, "connections">,
  request: RefreshConnection,
): Promise<Accepted> {
  return refreshFound(deps, request, await findConnection(deps, request.userId, request.connectionId));
}

export async function refreshFound(
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
