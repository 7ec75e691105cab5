import type { Authorization } from "../domain/institution.ts";
import type { JobRows, Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";

export interface FoundConnection {
  institutionId: string;
  /** Of a connection that a job of ours has made or used: upstream needs not be asked. */
  authorization: Authorization | undefined;
}

/** A user's connection: one that jobs of ours know, or else any that upstream knows. Throws a `Refusal` for no such one. */
export async function findConnection(
  deps: Pick<Ports, "claims" | "connections"> & { jobs: Pick<JobRows, "find"> },
  userId: string,
  connectionId: string,
): Promise<FoundConnection> {
  const jobId = await deps.claims.holder({ userId, connectionId });
  const job = jobId === undefined ? undefined : await deps.jobs.find(jobId);
  if (job !== undefined) return { institutionId: job.institutionId, authorization: job.authorization };
  const connection = await deps.connections.connection(userId, connectionId);
  if (connection === undefined) throw new Refusal("connection-not-found");
  return { institutionId: connection.institutionId, authorization: undefined };
}
