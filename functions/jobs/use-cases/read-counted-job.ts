import type { TokenClaims } from "../../access/caller.ts";
import { type CountDeps, countRequest } from "../../access/count-request.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { readJob } from "./read-job.ts";

/**
 * The job that a POST is about, once it was counted: for the user whom the caller's token names, whether there is such a job or not,
 * and for a backend for the job's. Who names nobody takes nothing from the job's user.
 */
export async function readCountedJob(
  deps: Pick<Ports, "jobs"> & CountDeps,
  request: { jobId: string; caller: TokenClaims },
): Promise<Job> {
  const { jobId, caller } = request;
  if (caller.scope === "CLIENT_ACCESS") await countRequest(deps, "user", caller.userId ?? `of-${jobId}`);
  const job = await readJob(deps, request);
  if (caller.scope === "SERVER_ACCESS") await countRequest(deps, "user", job.userId);
  return job;
}
