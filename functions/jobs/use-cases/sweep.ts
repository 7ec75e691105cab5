import type { SweepWatch, Swept } from "../domain/measurements.ts";
import type { Ports } from "../domain/ports.ts";
import { inBatches } from "./in-batches.ts";
import { type SweepJobDeps, sweepJob } from "./sweep-job.ts";

const AT_ONCE = 10;

/** Looks at every job that is due, and counts those that are not over. One job's trouble is no other one's. */
export async function sweep(
  deps: SweepJobDeps & Pick<Ports, "sweptJobs">,
  watch: SweepWatch = (_, look) => look(),
): Promise<Swept> {
  const looked = await inBatches(await deps.sweptJobs.due(), AT_ONCE, async (jobId) => {
    try {
      return await watch(jobId, () => sweepJob(deps, jobId));
    } catch {
      return "failed";
    }
  });
  const counted = Object.entries(Object.groupBy(looked, (what) => what));
  const { failed = 0, ...mended } = Object.fromEntries(
    counted.map(([what, all]) => [what, all?.length ?? 0]),
  );
  return { mended, failed, census: await deps.sweptJobs.census() };
}
