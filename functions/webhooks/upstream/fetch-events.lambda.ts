import {
  adoptDeps,
  endDeps,
  eventWriter,
  fanOutDeps,
  once,
  upstreamEvents,
  upstreamMessages,
} from "../../compose.ts";
import { log, logAbout } from "../../platform/log.ts";
import { type LogFields, ofError } from "../../platform/log-fields.ts";
import { type FanOut, fanOut } from "../use-cases/fan-out.ts";
import { type FetchDeps, fetchUpstreamEvents } from "../use-cases/fetch-upstream-events.ts";
import { wake } from "../wake.ts";

const deps = once(() => ({
  ...adoptDeps(),
  ...endDeps(),
  upstreamEvents: upstreamEvents(),
  messages: upstreamMessages(),
  onFailure: (error: unknown) => log("warn", "upstream event not fetched", ofError(error)),
}));

const OF_NO_JOB: LogFields = {};

/** Runs every minute. Its event comes from a schedule and has no useful content. */
export const handler = (): Promise<void> =>
  logAbout({ ...OF_NO_JOB }, async () => {
    const startedAt = performance.now();
    const webhooks = fanOut(fanOutDeps());
    try {
      await fetchUpstreamEvents({ ...deps(), events: announcing(webhooks) });
      log("info", "upstream events fetched", { durationMs: Math.round(performance.now() - startedAt) });
    } catch (error) {
      log("error", "upstream events not fetched", ofError(error));
      throw new Error("The events of the aggregator could not be fetched.");
    } finally {
      await wake(webhooks);
    }
  });

/** Stores events, and makes the messages of our webhooks about them. */
function announcing(webhooks: FanOut): FetchDeps["events"] {
  return {
    ...eventWriter(),
    async add(event) {
      await eventWriter().add(event);
      await webhooks.add(event);
    },
  };
}
