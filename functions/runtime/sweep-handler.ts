import { measureSweep, type SweepReport, type Swept } from "../domain/measurements.ts";
import { metrics } from "./compose.ts";
import { log } from "./log.ts";

/** Its event is a schedule's and says nothing. What could not be looked at makes the next sweep's list, not a failure. */
export function sweepHandler(run: (report: SweepReport) => Promise<Swept>): () => Promise<void> {
  return async () => {
    const startedAt = performance.now();
    try {
      const swept = await run(report);
      metrics().measure(() => measureSweep(swept, new Date()));
      log("info", "sweep", { durationMs: Math.round(performance.now() - startedAt) });
    } catch (error) {
      log("error", "sweep failed", { errorName: nameOf(error) });
      const failure = new Error("The sweep failed.");
      failure.stack = `${failure.name}: ${failure.message}`;
      throw failure;
    }
  };
}

function report(jobId: string, what: string, error?: unknown): void {
  if (error === undefined) log("warn", "job mended", { jobId, reason: what });
  else log("error", "job not swept", { jobId, errorName: nameOf(error) });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
