import { type Job, kindOf } from "./job.ts";

/** What only one job at a time may be about: a user's account at an institution, or a connection that there is. */
export type ClaimOn = { userId: string } & ({ institutionId: string } | { connectionId: string });

export function claimOf(job: Pick<Job, "kind" | "userId" | "institutionId" | "connectionId">): ClaimOn {
  const { userId, institutionId, connectionId } = job;
  if (kindOf(job) === "create" || connectionId === undefined) return { userId, institutionId };
  return { userId, connectionId };
}
