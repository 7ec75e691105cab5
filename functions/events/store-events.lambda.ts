import { eventWriter, fanOutDeps, metrics, once } from "../compose.ts";
import { count } from "../jobs/domain/metrics.ts";
import { log, logAbout } from "../platform/log.ts";
import { type LogFields, ofError, ofJob } from "../platform/log-fields.ts";
import { fanOut } from "../webhooks/use-cases/fan-out.ts";
import { wake } from "../webhooks/wake.ts";
import { streamRecordsIn } from "./store/stream-records.ts";
import { storeEvents } from "./use-cases/store-events.ts";

const deps = once(() => ({
  events: eventWriter(),
  onSetAside(jobId: string | undefined, error: unknown) {
    log("error", "record set aside", { ...ofJob(jobId), ...ofError(error) });
    metrics().measure(() => [count("RecordsSetAside")]);
  },
}));

const OF_NO_JOB: LogFields = {};

/** Reads the stream of the jobs table. Lambda repeats a batch that fails. */
export const handler = (event: unknown): Promise<void> =>
  logAbout({ ...OF_NO_JOB }, async () => {
    const startedAt = performance.now();
    const webhooks = fanOut(fanOutDeps());
    try {
      await storeEvents({ ...deps(), announce: webhooks.add }, streamRecordsIn(event));
      log("info", "events stored", { durationMs: Math.round(performance.now() - startedAt) });
    } catch (error) {
      log("error", "events not stored", ofError(error));
      throw new Error("The events could not be stored.");
    } finally {
      await wake(webhooks);
    }
  });
