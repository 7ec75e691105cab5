import { isFinished, type Job } from "../domain/job.ts";
import type { Ports } from "../domain/ports.ts";
import { Refusal } from "../domain/refusal.ts";
import { leaseMs, POLL_MS, type SlotLease, slotsToTry } from "../domain/waiting.ts";

export type WaitDeps = Pick<Ports, "clock" | "jobs" | "newId" | "waiterSlots">;

/**
 * Waits as long as `isSame` is true for the job, at the latest until a time, and returns the job. Waits only while it
 * holds one of the deployment's slots. Returns the job immediately without a free slot, and for a job that is over, which
 * never changes again. Throws a `Refusal` if the job is deleted meanwhile.
 */
export async function waitWhile(
  deps: WaitDeps,
  job: Job,
  isSame: (job: Job) => boolean,
  until: Date,
): Promise<Job> {
  if (isFinished(job) || !isSame(job) || deps.clock.msUntil(until) <= 0) return job;
  const lease = await takeSlot(deps, until);
  if (lease === undefined) return job;
  try {
    return await pollWhile(deps, job, isSame, until);
  } finally {
    await release(deps, lease);
  }
}

async function pollWhile(
  deps: WaitDeps,
  found: Job,
  isSame: (job: Job) => boolean,
  until: Date,
): Promise<Job> {
  let job = found;
  for (;;) {
    const leftMs = deps.clock.msUntil(until);
    if (leftMs <= 0) return job;
    await deps.clock.sleep(Math.min(POLL_MS, leftMs));
    job = await newest(deps, job);
    if (!isSame(job)) return job;
  }
}

/**
 * Reads the job again, at half the price of a consistent read. Such a read may miss the last second, which delays a
 * change by one poll more. It may even return an older state than we know: we ignore that, so that a client never
 * sees a job go back.
 */
async function newest(deps: WaitDeps, job: Job): Promise<Job> {
  const seen = (await deps.jobs.glance(job.id)) ?? (await deps.jobs.find(job.id));
  if (seen === undefined || seen.isDropped !== undefined) throw new Refusal("job-not-found");
  return seen.version < job.version ? job : seen;
}

/** Returns `undefined` if no slot is free, and also if the slots cannot be read or written: waiting is never necessary. */
async function takeSlot(deps: WaitDeps, until: Date): Promise<SlotLease | undefined> {
  const { clock, newId, waiterSlots } = deps;
  const id = newId();
  let lease: SlotLease | undefined;
  try {
    for (const slot of slotsToTry(await waiterSlots.free(), id)) {
      lease = { slot, id, until: clock.after(leaseMs(clock.msUntil(until))) };
      if (await waiterSlots.take(lease)) return lease;
    }
  } catch {
    // The failed write may have taken the slot.
    if (lease !== undefined) await release(deps, lease);
  }
  return undefined;
}

/** If the release fails, the lease ends by itself. */
async function release({ waiterSlots }: Pick<WaitDeps, "waiterSlots">, lease: SlotLease): Promise<void> {
  try {
    await waiterSlots.release(lease);
  } catch {
    // Only the slot is lost, until the lease ends.
  }
}
