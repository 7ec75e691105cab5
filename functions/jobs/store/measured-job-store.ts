import { measureChange } from "../domain/measurements.ts";
import type { JobStore, Metrics } from "../domain/ports.ts";

/** Measures every event of a job that was written; a write that lost to another one counts nothing. */
export function measuredJobStore(jobs: JobStore, metrics: Metrics): JobStore {
  return {
    ...jobs,
    async record(before, change) {
      const after = await jobs.record(before, change);
      metrics.measure(() => measureChange(before, change.event, after));
      return after;
    },
  };
}
