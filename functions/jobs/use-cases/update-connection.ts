import type { WrittenIds } from "../domain/ids.ts";
import { type Login, mandatoryFieldsOfUpdate } from "../domain/login.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { type AcceptDeps, type Accepted, acceptJob, requireRoom } from "./accept-job.ts";
import { requireFields } from "./create-connection.ts";
import { findConnection } from "./refresh-connection.ts";

export interface UpdateConnection {
  userId: string;
  connectionId: string;
  login: Login;
  written?: WrittenIds | undefined;
}

/**
 * Starts a job that replaces the login of a connection, or returns the unfinished job of that connection. Throws a `Refusal`
 * if too many jobs run.
 */
export async function updateConnection(
  deps: AcceptDeps & Pick<Ports, "institutions" | "upstream">,
  { userId, connectionId, login, written }: UpdateConnection,
): Promise<Accepted> {
  await requireRoom(deps, { userId, connectionId });
  const { institutionId } = await findConnection(deps, userId, connectionId);
  const institution = await deps.institutions.institution(institutionId);
  if (institution === undefined) throw new Refusal("connection-not-found");
  requireFields(login, mandatoryFieldsOfUpdate(institution));
  return acceptJob(deps, {
    kind: "update",
    userId,
    institution,
    connectionId,
    login,
    written,
  });
}
