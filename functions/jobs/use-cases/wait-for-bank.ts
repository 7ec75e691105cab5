import { isAvailable } from "../domain/institution.ts";
import type { Job } from "../domain/job.ts";
import { countsAsDown, noteAwaited, noteFailed } from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import { needsTheUser } from "../domain/queue.ts";
import { orWhenUnavailable } from "../domain/sending.ts";

export type BankDeps = Pick<Ports, "clock" | "upstream" | "outages">;

/**
 * Reads in the aggregator's record whether the bank is down. If the aggregator does not reply, treats the bank as down: the next
 * attempt checks again.
 */
export function recordIsDown(
  deps: Pick<Ports, "upstream">,
  { institutionId }: Pick<Job, "institutionId">,
): Promise<boolean> {
  const read = async () => {
    const institution = await deps.upstream.institution(institutionId);
    return institution !== undefined && !isAvailable(institution);
  };
  return orWhenUnavailable(read(), true);
}

/**
 * Returns what a job waits for whose attempt met an outage, and notes at its bank that it waits or failed. Attempts of jobs that
 * need their users say nothing about the bank in a good record: no other job could try for them.
 */
export async function waitAfterOutage(
  { clock, outages }: Pick<BankDeps, "clock" | "outages">,
  job: Job,
  isDown: boolean,
): Promise<"bank" | "attempt"> {
  if (!isDown && needsTheUser(job)) return "attempt";
  const note = isDown ? noteAwaited(clock) : noteFailed(job, clock);
  const outage = await outages.change(job.institutionId, note);
  return isDown || countsAsDown(outage) ? "bank" : "attempt";
}
