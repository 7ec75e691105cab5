import { eventWriter, fanOutDeps, institutionStates, metrics, once, traffic } from "../compose.ts";
import { type EndedAttempt, endedAttempt } from "../institutions/domain/attempt.ts";
import { tallyOf } from "../institutions/domain/traffic.ts";
import { countAttempts } from "../institutions/use-cases/count-attempts.ts";
import type { Job } from "../jobs/domain/job.ts";
import { count } from "../jobs/domain/metrics.ts";
import { log, logAbout } from "../platform/log.ts";
import { type LogFields, ofError, ofInstitution, ofJob } from "../platform/log-fields.ts";
import { fanOut } from "../webhooks/use-cases/fan-out.ts";
import { wake } from "../webhooks/wake.ts";
import type { OtherEvent } from "./domain/event.ts";
import { streamRecordsIn } from "./store/stream-records.ts";
import { storeEvents } from "./use-cases/store-events.ts";

const deps = once(() => ({
  events: eventWriter(),
  onSetAside(jobId: string | undefined, error: unknown) {
    log("error", "record set aside", { ...ofJob(jobId), ...ofError(error) });
    metrics().measure(() => [count("RecordsSetAside")]);
  },
}));

const countDeps = once(() => ({
  traffic: traffic(),
  states: institutionStates(),
  onCounted(institutionId: string, attempts: readonly EndedAttempt[]) {
    const { succeeded, institution, aggregator, us, user } = tallyOf(attempts).results;
    const failed = { failedByBank: institution, failedByAggregator: aggregator, failedByUs: us };
    log("info", "attempts counted", {
      ...ofInstitution(institutionId),
      succeeded,
      ...failed,
      stoppedByUser: user,
    });
  },
  onNotCounted: (error: unknown) => log("error", "attempts not counted", ofError(error)),
}));

const OF_NO_JOB: LogFields = {};

/** Reads the stream of the jobs table. Lambda repeats a batch that fails. */
export const handler = (event: unknown): Promise<void> =>
  logAbout({ ...OF_NO_JOB }, async () => {
    const startedAt = performance.now();
    const webhooks = fanOut(fanOutDeps());
    const attempts: EndedAttempt[] = [];
    const onWrite = (before: Job, after: Job) => attempts.push(...[endedAttempt(before, after) ?? []].flat());
    const announce = async (event: OtherEvent) => {
      await deps().events.add(event);
      await webhooks.add(event);
    };
    try {
      await storeEvents({ ...deps(), announce: webhooks.add, onWrite }, streamRecordsIn(event));
      await countAttempts({ ...countDeps(), announce }, attempts);
      log("info", "events stored", { durationMs: Math.round(performance.now() - startedAt) });
    } catch (error) {
      log("error", "events not stored", ofError(error));
      throw new Error("The events could not be stored.");
    } finally {
      await wake(webhooks);
    }
  });
