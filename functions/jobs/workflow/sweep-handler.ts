import { metrics } from "../../compose.ts";
import { log, logAbout } from "../../platform/log.ts";
import { type LogFields, nameOf, ofJob } from "../../platform/log-fields.ts";
import { measureSweep, type SweepWatch, type Swept } from "../domain/measurements.ts";

const OF_NO_JOB: LogFields = {};

/** Its event is a schedule's and says nothing. What could not be looked at makes the next sweep's list, not a failure. */
export function sweepHandler(run: (watch: SweepWatch) => Promise<Swept>): () => Promise<void> {
  return () =>
    logAbout({ ...OF_NO_JOB }, async () => {
      const startedAt = performance.now();
      try {
        const swept = await run(watch);
        metrics().measure(() => measureSweep(swept, new Date()));
        log("info", "sweep", { durationMs: Math.round(performance.now() - startedAt) });
      } catch (error) {
        log("error", "sweep failed", { errorName: nameOf(error) });
        const failure = new Error("The sweep failed.");
        failure.stack = `${failure.name}: ${failure.message}`;
        throw failure;
      }
    });
}

const watch: SweepWatch = (jobId, look) =>
  logAbout(ofJob(jobId), async () => {
    try {
      const looked = await look();
      if (looked !== "nothing") log("warn", "job mended", { reason: looked });
      return looked;
    } catch (error) {
      log("error", "job not swept", { errorName: nameOf(error) });
      throw error;
    }
  });
