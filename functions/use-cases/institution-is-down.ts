import { isAvailable } from "../domain/institution.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";

/** Upstream's record of the institution has the last word on whether a job is held or fails. */
export async function institutionIsDown(deps: Pick<Ports, "upstream">, job: Job): Promise<boolean> {
  const institution = await deps.upstream.institution(job.institutionId);
  return institution !== undefined && !isAvailable(institution);
}
