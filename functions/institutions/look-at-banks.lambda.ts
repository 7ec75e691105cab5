import {
  clock,
  eventWriter,
  executions,
  fanOutDeps,
  functionConcurrency,
  institutionStates,
  jobs,
  once,
  outages,
  sweptJobs,
  upstream,
} from "../compose.ts";
import type { OtherEvent } from "../events/domain/event.ts";
import { lookAtBanks, type RecordRead, type WakeWatch } from "../jobs/use-cases/look-at-banks.ts";
import { log, logAbout } from "../platform/log.ts";
import { type LogFields, ofError, ofInstitution, ofJob } from "../platform/log-fields.ts";
import { withoutStack } from "../platform/without-stack.ts";
import { fanOut } from "../webhooks/use-cases/fan-out.ts";
import { wake } from "../webhooks/wake.ts";
import { observeInstitution } from "./use-cases/observe-institution.ts";

const deps = once(() => ({
  clock: clock(),
  jobs: jobs(),
  sweptJobs: sweptJobs(),
  executions: executions(),
  upstream: upstream(),
  outages: outages(),
  concurrency: functionConcurrency(),
  onFailedLook(institutionId: string, error: unknown) {
    log("error", "bank not looked at", { ...ofInstitution(institutionId), ...ofError(error) });
  },
}));

const OF_NO_JOB: LogFields = {};

const watch: WakeWatch = (jobId, wakeOne) =>
  logAbout(ofJob(jobId), async () => {
    try {
      await wakeOne();
    } catch (error) {
      log("error", "job not woken", ofError(error));
      throw error;
    }
  });

/** A schedule starts this every minute. */
export const handler = (): Promise<void> =>
  logAbout({ ...OF_NO_JOB }, async () => {
    const startedAt = performance.now();
    const webhooks = fanOut(fanOutDeps());
    const observing = {
      states: institutionStates(),
      async announce(event: OtherEvent) {
        await eventWriter().add(event);
        await webhooks.add(event);
      },
    };
    const onRecord = (institutionId: string, record: RecordRead) =>
      observeInstitution(observing, institutionId, { record });
    let failures = 1;
    try {
      const { woken, failed } = await lookAtBanks({ ...deps(), onRecord }, watch);
      failures = failed;
      log("info", "banks looked at", { durationMs: Math.round(performance.now() - startedAt), woken });
    } catch (error) {
      log("error", "banks not looked at", ofError(error));
    } finally {
      await wake(webhooks);
    }
    // The alarm counts failed runs. The next run looks again at what failed.
    if (failures > 0) throw withoutStack(new Error("Some banks were not looked at."));
  });
