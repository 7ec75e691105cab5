import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { Outcome, Params, Situation } from "../call.ts";
import { readObject } from "../json-body.ts";
import {
  eventAlreadySubscribed,
  invalidRequest,
  messageNotFound,
  noWebhooks,
  type Refusal,
  urlExists,
  webhookIdNotValid,
  webhookNotFound,
} from "../refusal.ts";
import { jsonReply, noContent, type Reply } from "../reply.ts";
import type { Message, State, Webhook } from "../state.ts";
import { timestamp } from "../timestamp.ts";
import { wholeNumberFrom } from "../whole-number.ts";
import { eventTypes } from "./event-types.ts";
import { payloadOf, withMessagesAbout } from "./messages.ts";

const requested = z.object({
  name: z.optional(z.string()),
  description: z.optional(z.string()),
  url: z.string().check(z.refine(isLoopback)),
  subscribedEvents: z.optional(z.array(z.string())),
});

/** The sandbox sends to this machine only. */
function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

type Requested = Omit<z.infer<typeof requested>, "subscribedEvents"> & Pick<Webhook, "subscribedEvents">;

/** Published: an application has one subscription for each type of event. */
function readRequest(
  { state, call }: Situation,
  ownId?: string,
): { value: Requested } | { refusal: Refusal } {
  const body = readObject(call);
  const { data } = "refusal" in body ? { data: undefined } : requested.safeParse(body.value);
  if (data === undefined) return { refusal: invalidRequest("Posted request not valid.") };
  const subscribedEvents = data.subscribedEvents ?? [...eventTypes.keys()];
  if (!subscribedEvents.every((type) => eventTypes.has(type))) {
    return { refusal: invalidRequest("Posted subscribedEvents contains unsupported event types.") };
  }
  const others = [...state.webhooks.values()].filter(({ id }) => id !== ownId);
  if (others.some(({ url }) => url === data.url)) return { refusal: urlExists };
  const taken = new Set(others.flatMap((webhook) => webhook.subscribedEvents));
  if (subscribedEvents.some((type) => taken.has(type))) return { refusal: eventAlreadySubscribed };
  return { value: { ...data, subscribedEvents } };
}

export function createWebhook(situation: Situation): Outcome {
  const read = readRequest(situation);
  if ("refusal" in read) return read;
  const { state, setting, now } = situation;
  const random = createHash("sha256").update(setting.newToken()).digest("base64");
  const webhook = { id: setting.newId(), createdAt: now, secret: `whsec_${random}`, ...read.value };
  const shown = { ...webhookReply(webhook, setting.baseUrl), secret: webhook.secret };
  return { reply: jsonReply(201, shown), change: withWebhook(state, webhook) };
}

export function updateWebhook(situation: Situation, params: Params): Outcome {
  const found = findWebhook(situation, params);
  if ("refusal" in found) return found;
  const read = readRequest(situation, found.webhook.id);
  if ("refusal" in read) return read;
  const { state, setting } = situation;
  const webhook = { ...found.webhook, ...read.value };
  return {
    reply: jsonReply(200, { ...webhookReply(webhook, setting.baseUrl), secret: webhook.secret }),
    change: withWebhook(state, webhook),
  };
}

export function listWebhooks({ state, setting: { baseUrl } }: Situation): Outcome {
  const data = [...state.webhooks.values()].map((webhook) => webhookReply(webhook, baseUrl));
  return { reply: listReply(data, `${baseUrl}/notifications/webhooks`) };
}

export function getWebhook(situation: Situation, params: Params): Outcome {
  const found = findWebhook(situation, params);
  if ("refusal" in found) return found;
  return { reply: jsonReply(200, webhookReply(found.webhook, situation.setting.baseUrl)) };
}

/** Deletes a webhook and its messages. */
export function deleteWebhook(situation: Situation, params: Params): Outcome {
  const found = findWebhook(situation, params);
  if ("refusal" in found) return found;
  const { webhooks, messages } = situation.state;
  return {
    reply: noContent,
    change: {
      webhooks: new Map([...webhooks].filter(([id]) => id !== found.webhook.id)),
      messages: new Map([...messages].filter(([, { webhookId }]) => webhookId !== found.webhook.id)),
    },
  };
}

const limit = wholeNumberFrom(1, 500);

/** Lists the messages of a webhook, newest first. */
export function listMessages(situation: Situation, params: Params): Outcome {
  const found = findWebhook(situation, params);
  if ("refusal" in found) return found;
  const { state, call, setting } = situation;
  const asked = limit.safeParse(Number(call.query.get("limit") ?? 500));
  const data = messagesOf(state, found.webhook)
    .toReversed()
    .slice(0, asked.data ?? 500)
    .map((message) => messageReply(message, setting.baseUrl));
  return { reply: listReply(data, `${webhookLink(found.webhook, setting.baseUrl)}/messages`) };
}

export function getMessage(situation: Situation, params: Params): Outcome {
  const found = findWebhook(situation, params);
  if ("refusal" in found) return found;
  const message = messagesOf(situation.state, found.webhook).find(({ id }) => id === params.messageId);
  if (message === undefined) return { refusal: messageNotFound };
  const attempts = message.attempts.map(({ id, at, url, status, response, isSuccess }) => ({
    id,
    url,
    response,
    ...(status !== null && { responseStatusCode: status }),
    timestamp: timestamp(at),
    status: isSuccess ? "Success" : "Failed",
  }));
  return { reply: jsonReply(200, { ...messageReply(message, situation.setting.baseUrl), attempts }) };
}

const testRequest = z.object({ eventTypeId: z.string(), Text: z.optional(z.string()) });

/** Sends a message about an event that does not exist. */
export function postTestMessage({ state, call, now, setting }: Situation): Outcome {
  const body = readObject(call);
  const { data } = "refusal" in body ? { data: undefined } : testRequest.safeParse(body.value);
  if (data === undefined) return { refusal: invalidRequest("Posted request not valid.") };
  if (!eventTypes.has(data.eventTypeId)) {
    return { refusal: invalidRequest("Posted eventTypeId doesn't exists.") };
  }
  if (state.webhooks.size === 0) return { refusal: noWebhooks };
  const event = { id: setting.newId(), typeId: data.eventTypeId, path: "/users", text: data.Text };
  const { messages, lies } = withMessagesAbout(state, event, now, setting.newId);
  return { reply: jsonReply(201, {}), change: { messages, lies } };
}

function findWebhook(
  { state }: Situation,
  { webhookId }: Params,
): { webhook: Webhook } | { refusal: Refusal } {
  if (!/^[0-9a-f-]{36}$/.test(webhookId)) return { refusal: webhookIdNotValid };
  const webhook = state.webhooks.get(webhookId);
  return webhook === undefined ? { refusal: webhookNotFound } : { webhook };
}

function withWebhook({ webhooks }: State, webhook: Webhook): Pick<State, "webhooks"> {
  return { webhooks: new Map([...webhooks, [webhook.id, webhook]]) };
}

function messagesOf({ messages }: State, { id }: Webhook): Message[] {
  return [...messages.values()].filter(({ webhookId }) => webhookId === id);
}

function webhookLink({ id }: Pick<Webhook, "id">, baseUrl: string): string {
  return `${baseUrl}/notifications/webhooks/${id}`;
}

/** Published: only the replies to a creation and to an update have the secret. */
function webhookReply(webhook: Webhook, baseUrl: string) {
  const { id, name, description, url, subscribedEvents } = webhook;
  const links = { self: webhookLink(webhook, baseUrl) };
  return { type: "webhook", id, name, description, url, status: "active", subscribedEvents, links };
}

function messageReply(message: Message, baseUrl: string) {
  const webhook = webhookLink({ id: message.webhookId }, baseUrl);
  const links = { self: `${webhook}/messages/${message.id}`, webhook };
  return { id: message.id, payload: payloadOf(message, baseUrl), links };
}

function listReply(data: readonly object[], self: string): Reply {
  return jsonReply(200, { type: "list", size: data.length, count: data.length, data, links: { self } });
}
