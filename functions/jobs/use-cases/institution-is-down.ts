import { isAvailable } from "../domain/institution.ts";
import type { Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";

/** What upstream's record of the institution says at this moment. */
export async function institutionIsDown(deps: Pick<Ports, "upstream">, job: Job): Promise<boolean> {
  const institution = await deps.upstream.institution(job.institutionId);
  return institution !== undefined && !isAvailable(institution);
}
