import * as z from "zod/mini";
import {
  clock,
  endpointSecrets,
  endpointStates,
  eventReader,
  eventWriter,
  messages,
  metrics,
  newId,
  once,
  replyOptions,
  sender,
  webhookEndpoints,
} from "../compose.ts";
import { renderEvent } from "../events/api/replies.ts";
import { log, logAbout } from "../platform/log.ts";
import { type LogFields, ofError } from "../platform/log-fields.ts";
import type { Endpoint } from "./domain/endpoint.ts";
import { measureDeliverySweep } from "./domain/measurements.ts";
import type { Message } from "./domain/message.ts";
import { thinPayload } from "./domain/payload.ts";
import { cachedSecrets } from "./store/cached-secrets.ts";
import { deliver } from "./use-cases/deliver.ts";
import { fanOut } from "./use-cases/fan-out.ts";
import { type SweepDeliveriesDeps, sweepDeliveries } from "./use-cases/sweep-deliveries.ts";

const deps = once((): SweepDeliveriesDeps => {
  const all: SweepDeliveriesDeps = {
    clock: clock(),
    random: Math.random,
    newId,
    endpoints: webhookEndpoints(),
    endpointStates: endpointStates(),
    endpointSecrets: cachedSecrets(endpointSecrets(), clock()),
    messages: messages(),
    sender: sender(),
    metrics: metrics(),
    bodyOf,
    async announce(event) {
      await eventWriter().add(event);
      const made = fanOut({ ...all, waker: { wake: (refs) => deliver(all, refs) } });
      await made.add(event);
      await made.wake();
    },
    onNotSwept: (error) => log("error", "webhook not swept", ofError(error)),
  };
  return all;
});

async function bodyOf({ payload }: Endpoint, message: Message): Promise<string | undefined> {
  const { apiUrl } = replyOptions();
  const thin = thinPayload(message, apiUrl);
  if (message.test !== undefined) return JSON.stringify(thin);
  const event = await eventReader().find(message.eventId);
  if (event === undefined) return undefined;
  return JSON.stringify(payload === "thin" ? thin : { ...thin, event: renderEvent(event, replyOptions()) });
}

const wakeEvent = z.object({
  messages: z.array(
    z.object({ endpointId: z.string(), id: z.string(), isResend: z.optional(z.literal(true)) }),
  ),
});

const OF_NO_JOB: LogFields = {};

/** Sends the messages that its event names; without any, sends everything that is due. */
export const handler = (event: unknown): Promise<void> =>
  logAbout({ ...OF_NO_JOB }, async () => {
    const startedAt = performance.now();
    try {
      const named = z.safeParse(wakeEvent, event);
      if (named.success) await deliver(deps(), named.data.messages);
      else await sweep();
      log("info", "webhooks", { durationMs: Math.round(performance.now() - startedAt) });
    } catch (error) {
      log("error", "messages not sent", ofError(error));
      throw new Error("The messages could not be sent.");
    }
  });

async function sweep(): Promise<void> {
  const swept = await sweepDeliveries(deps());
  metrics().measure(() => measureDeliverySweep(swept, clock().now()));
}
