import { isAvailable } from "../domain/institution.ts";
import type { Job } from "../domain/job.ts";
import { countsAsDown, noteAwaited, noteFailed } from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import { needsTheUser } from "../domain/queue.ts";
import { orWhenUnavailable } from "../domain/sending.ts";

export type BankDeps = Pick<Ports, "clock" | "upstream" | "outages">;

/** Whether the bank is up, by the aggregator's record. `undefined` if the record could not be read. */
export function readRecord(
  { upstream }: Pick<Ports, "upstream">,
  institutionId: string,
): Promise<boolean | undefined> {
  const read = async () => {
    const institution = await upstream.institution(institutionId);
    return institution === undefined || isAvailable(institution);
  };
  return orWhenUnavailable(read(), undefined);
}

/** Returns whether the bank is down by its record. A record that cannot be read is as good as one that says so: the next attempt reads again. */
export async function recordIsDown(
  deps: Pick<Ports, "upstream">,
  { institutionId }: Pick<Job, "institutionId">,
): Promise<boolean> {
  return (await readRecord(deps, institutionId)) !== true;
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
