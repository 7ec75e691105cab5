import { JobChanged } from "../domain/errors.ts";
import { dueAtBank, noteProbe, noteUnawaited, type Outage } from "../domain/outage.ts";
import type { Ports } from "../domain/ports.ts";
import { recordIsDown } from "./wait-for-bank.ts";
import { attemptParked, type WakeDeps } from "./wake-job.ts";

/** A sweep wakes at most this many jobs of one bank, so that a bank that is back does not get all logins at once. */
const MAX_WOKEN = 30;

type LookDeps = WakeDeps & Pick<Ports, "sweptJobs">;

export interface DueAtBank {
  jobId: string;
  /** The job tries for all whether logins succeed. Otherwise its bank is back, or its time in the queue ends. */
  probes: boolean;
}

/** Looks at the record of a bank for which jobs wait, once for all of them, and returns those that are due. */
export async function lookAtBank(deps: LookDeps, institutionId: string): Promise<DueAtBank[]> {
  const { clock, sweptJobs, outages } = deps;
  const [first] = await sweptJobs.awaiting(institutionId, { limit: 1 });
  if (first === undefined) {
    await outages.change(institutionId, noteUnawaited(clock));
    return [];
  }
  const isDown = await recordIsDown(deps, { institutionId });
  const outage = await outages.find(institutionId);
  const due = dueAtBank(outage, !isDown, clock);
  if (due === "all") {
    const all = await sweptJobs.awaiting(institutionId, { limit: MAX_WOKEN });
    return all.map(({ jobId }) => ({ jobId, probes: false }));
  }
  const probing = due === "one" ? await probe(deps, outage) : [];
  const ending = await sweptJobs.awaiting(institutionId, { limit: MAX_ENDING, dueBy: clock.now() });
  const others = ending.filter(({ jobId }) => probing[0] !== jobId);
  return [
    ...probing.map((jobId) => ({ jobId, probes: true })),
    ...others.map(({ jobId }) => ({ jobId, probes: false })),
  ];
}

/** A job ends with a few writes. */
const MAX_ENDING = 500;

/** Returns the next job, in turn, that tries whether logins succeed, unless another run has chosen one. */
async function probe({ clock, sweptJobs, outages }: LookDeps, outage: Outage): Promise<string[]> {
  const { institutionId, probed } = outage;
  const later =
    probed === undefined ? [] : await sweptJobs.awaiting(institutionId, { limit: 1, after: probed });
  const [next] = later.length > 0 ? later : await sweptJobs.awaiting(institutionId, { limit: 1 });
  if (next === undefined) return [];
  let isOurs = false;
  await outages.change(institutionId, (current) => {
    const noted = noteProbe(next.place, clock)(current);
    isOurs = noted !== undefined;
    return noted;
  });
  return isOurs ? [next.jobId] : [];
}

/** Makes the attempt of a job that waited for its bank. Does nothing if the job does not wait any more. */
export async function attemptAtBank(deps: LookDeps, { jobId, probes }: DueAtBank): Promise<"nothing"> {
  const job = await deps.jobs.find(jobId);
  if (job?.queue?.waitsFor !== "bank") return "nothing";
  try {
    return await attemptParked(deps, job, { probes });
  } catch (error) {
    // Another writer has just advanced the job.
    if (error instanceof JobChanged) return "nothing";
    throw error;
  }
}
