import type { Job } from "../domain/job.ts";
import type { JobsPage, Ports } from "../domain/ports.ts";

export interface ListJobs {
  userId: string;
  /** The user's id with the capitals of the request. */
  writtenUserId: string;
  limit: number;
  from: string | undefined;
  connectionId: string | undefined;
  institutionId: string | undefined;
}

/** Returns a page of a user's jobs, newest first. */
export function listJobs(deps: Pick<Ports, "jobList">, request: ListJobs): Promise<JobsPage> {
  const { userId, writtenUserId, limit, from, connectionId, institutionId } = request;
  const wanted = (job: Job) =>
    job.isDropped === undefined &&
    job.userId.toLowerCase() === userId &&
    (connectionId === undefined || job.connectionId?.toLowerCase() === connectionId) &&
    (institutionId === undefined || job.institutionId === institutionId);
  return deps.jobList.page([...new Set([userId, writtenUserId])], { limit, from, wanted });
}
