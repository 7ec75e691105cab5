import { measureSweep, type Swept } from "../domain/measurements.ts";
import { metrics } from "./compose.ts";
import { log } from "./log.ts";

/** Its event is a schedule's and says nothing. What could not be looked at makes the next sweep's list, not a failure. */
export function sweepHandler(run: () => Promise<Swept>): () => Promise<void> {
  return async () => {
    const startedAt = performance.now();
    try {
      const swept = await run();
      metrics().measure(() => measureSweep(swept, new Date()));
      const { failed } = swept;
      const durationMs = Math.round(performance.now() - startedAt);
      log(failed > 0 ? "error" : "info", "sweep", { durationMs });
    } catch (error) {
      log("error", "sweep failed", { errorName: error instanceof Error ? error.name : "unknown" });
      const failure = new Error("The sweep failed.");
      failure.stack = `${failure.name}: ${failure.message}`;
      throw failure;
    }
  };
}
