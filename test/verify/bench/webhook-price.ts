import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { webhookWithSecretReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { allRows } from "../../support/local-aws.ts";
import { eventsStored, functionCounts } from "./counts.ts";
import { priceOfRuns, sumOf, times, type Usage } from "./prices.ts";
import { type CountedSystem, functionFacts } from "./system.ts";

/** What one delivery takes, on average over those of a job: to make its message, and to send it. */
export interface DeliveryCounts {
  deliveries: number;
  made: Usage;
  sent: Usage;
  /** List price of 1,000 deliveries. */
  dollarsPer1000: number;
}

/** The price may be no higher. */
export const MAX_DOLLARS_PER_1000 = 0.01;

/** Counts the deliveries of a job's events to a receiver that replies. No other webhook may exist. */
export async function countDeliveries(system: CountedSystem, wanted: object): Promise<DeliveryCounts> {
  const without = await usageOfJob(system, 0);
  const server = createServer((_, response) => response.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const owner = new MobileBackend(system.target);
  const url = `http://127.0.0.1:${port}/`;
  const reply = await owner.call("POST", "/notifications/webhooks", { url, ...wanted });
  const { id } = webhookWithSecretReply.parse(reply.json);
  // What an instance of the function keeps is there from its first message.
  await usageOfJob(system, 1);
  const withOne = await usageOfJob(system, 2);
  await owner.call("DELETE", `/notifications/webhooks/${id}`);
  server.close();

  const { deliveries } = withOne;
  const share = 1 / deliveries;
  const made = times(sumOf([withOne.stored, times(without.stored, -1)]), share);
  // The reply of a receiver takes as long as that of the aggregator.
  const sent = { ...times(withOne.sent, share), upstreamCalls: 1 };
  const functions = Object.fromEntries(functionFacts(system.template));
  const dollarsPer1000 =
    priceOfRuns("store-events", made, 1000, functions) +
    priceOfRuns("deliver-webhooks", sent, 1000, functions);
  return { deliveries, made, sent, dollarsPer1000 };
}

/** Runs a job, and waits until the messages of its events were delivered, those of the jobs before too. */
async function usageOfJob(system: CountedSystem, jobs: number) {
  const first = system.watched.length;
  const before = (await statuses()).length;
  const backend = new MobileBackend(system.target);
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await backend.untilOver(jobId);
  const events = await eventsStored(jobId);
  const wanted = jobs === 0 ? before : before + events;
  await until(async () => {
    const found = await statuses();
    return found.length === wanted && found.every((status) => status === "delivered");
  });
  await until(async () => system.watched.every(({ tookMs }) => tookMs > 0));
  const { invocations } = functionCounts(system, first);
  const of = (name: string) =>
    sumOf(invocations.filter((each) => each.name === name).map(({ usage }) => usage));
  return { deliveries: wanted - before, stored: of("store-events"), sent: of("deliver-webhooks") };
}

const messageRow = z.object({ pk: z.string().startsWith("message#"), status: z.string() });

/** The statuses of all messages. */
async function statuses(): Promise<string[]> {
  const rows = (await allRows()).flatMap((table) => table.rows);
  return rows.flatMap((row) => messageRow.safeParse(unmarshall(row)).data?.status ?? []);
}

const MAX_LOOKS = 600;
const LOOK_EVERY_MS = 100;

async function until(isOver: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    if (await isOver()) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw new Error("The messages were not delivered.");
}
