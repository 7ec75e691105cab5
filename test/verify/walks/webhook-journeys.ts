import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import * as z from "zod";
import { webhookWithSecretReply } from "../../../functions/http/reply-schemas.ts";
import { eventsUntil } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { rowsOfAll } from "../support/tables.ts";
import { startReceiver } from "../webhooks/receiver.ts";
import type { ObservedSystem } from "./observed-system.ts";
import { type PermissionJourney, rowCall } from "./permission-journeys.ts";

/** Longer than the next event of a job takes to come. */
const SLOW_MS = 150;

export async function newWebhook(backend: MobileBackend, body: object): Promise<string> {
  const { json } = await backend.call("POST", "/notifications/webhooks", body);
  return `/notifications/webhooks/${webhookWithSecretReply.parse(json).id}`;
}

const messageList = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });

async function messagesOf(backend: MobileBackend, path: string) {
  return messageList.parse((await backend.call("GET", `${path}/messages`)).json).data;
}

async function jobUntilItsEnd(system: ObservedSystem): Promise<{ backend: MobileBackend; jobId: string }> {
  const backend = system.newBackend();
  const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
  await system.over(backend, jobId);
  await eventsUntil(backend, "succeeded");
  return { backend, jobId };
}

/** The sweep has deleted the messages of each deleted webhook, and then the webhook. */
export async function untilDeleted(): Promise<void> {
  const left = async () =>
    (await rowsOfAll()).filter((row) => /"message#|"deleted"/.test(JSON.stringify(row)));
  await expect.poll(left).toEqual([]);
}

/** Journeys in which the messages of webhooks are made, sent, read, sent again and deleted. */
export const WEBHOOK_JOURNEYS: readonly PermissionJourney[] = [
  {
    title: "webhooks get the events of a job in order, and their owner reads and repeats the messages",
    async walk(system) {
      const owner = system.newBackend();
      const receiver = await startReceiver(async (response) => {
        await sleep(SLOW_MS);
        response.end();
      });
      const path = await newWebhook(owner, { url: receiver.url, payload: "full", ordering: "job" });
      const { jobId } = await jobUntilItsEnd(system);
      const areDelivered = async () => (await messagesOf(owner, path)).map(({ status }) => status);
      await expect.poll(areDelivered).not.toContain("pending");
      const [message] = await messagesOf(owner, path);
      expect((await owner.call("GET", `${path}/messages/${message?.id}`)).status).toBe(200);
      expect((await owner.call("POST", `${path}/messages/${message?.id}/resend`)).status).toBe(202);
      const period = { from: "2026-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", only: "all" };
      expect((await owner.call("POST", `${path}/replay`, period)).status).toBe(202);
      const test = { eventTypeId: "job.created", Text: "hello" };
      expect((await owner.call("POST", "/notifications/messages/test", test)).status).toBe(201);
      expect((await owner.call("POST", `${path}/secret`)).status).toBe(200);
      await expect.poll(areDelivered).not.toContain("pending");
      expect((await owner.call("DELETE", path)).status).toBe(204);
      await untilDeleted();
      return [jobId];
    },
  },
  {
    title: "a receiver is gone, and another webhook hears of it",
    async walk(system) {
      const owner = system.newBackend();
      const gone = await startReceiver((response) => response.writeHead(410).end());
      const hears = await startReceiver((response) => response.end());
      const path = await newWebhook(owner, { url: gone.url, subscribedEvents: "job.created" });
      const told = await newWebhook(owner, { url: hears.url, subscribedEvents: ["webhook.disabled"] });
      const { jobId } = await jobUntilItsEnd(system);
      await expect.poll(() => hears.requests.length).toBe(1);
      const again = await owner.call("POST", path, { url: gone.url, status: "active" });
      expect(again.status).toBe(200);
      for (const each of [path, told]) expect((await owner.call("DELETE", each)).status).toBe(204);
      await untilDeleted();
      return [jobId];
    },
  },
  {
    title: "the reply to the write of a webhook's secret is lost",
    async walk(system) {
      const owner = system.newBackend();
      const body = { url: "https://receiver.example/jobs", subscribedEvents: ["webhook.failing"] };
      const path = await newWebhook(owner, body);
      system.recorder.loseReply(rowCall("api/webhooks", "PutItem", "purpose", "webhook-"));
      expect((await owner.call("POST", `${path}/secret`)).status).toBe(200);
      expect((await owner.call("DELETE", path)).status).toBe(204);
      return [];
    },
  },
];
