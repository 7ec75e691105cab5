import { EVENT_TYPE_IDS } from "../../events/domain/event-types.ts";
import type {
  ReplayReply,
  TestMessagesReply,
  WebhookListReply,
  WebhookMessageListReply,
  WebhookMessageReply,
  WebhookReply,
  WebhookWithSecretReply,
} from "../../http/reply-schemas.ts";
import { timestamp } from "../../jobs/api/replies.ts";
import type { Attempt } from "../domain/message.ts";
import { thinPayload } from "../domain/payload.ts";
import { endpointStatusOf, statusOf } from "../domain/shown-status.ts";
import type { EndpointWithSecret, FoundEndpoint } from "../use-cases/manage-endpoints.ts";
import type { FoundMessage, FoundMessages } from "../use-cases/read-messages.ts";

/*
 * `apiUrl` is the base URL of our API, without a trailing slash.
 */

export function renderWebhook(found: FoundEndpoint, apiUrl: string): WebhookReply {
  const { id, name, description, url, subscribedEvents, payload, ordering } = found.endpoint;
  return {
    type: "webhook",
    id,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    url,
    status: endpointStatusOf(found),
    subscribedEvents: [...(subscribedEvents ?? EVENT_TYPE_IDS)],
    payload,
    ordering,
    links: { self: linkTo(id, apiUrl) },
  };
}

/** Renders a webhook with its newest secret, in clear. */
export function renderWithSecret(found: EndpointWithSecret, apiUrl: string): WebhookWithSecretReply {
  return { ...renderWebhook(found, apiUrl), secret: found.secret.reveal() };
}

export function renderWebhooks(all: readonly FoundEndpoint[], apiUrl: string): WebhookListReply {
  return {
    ...listOf(all.map((found) => renderWebhook(found, apiUrl))),
    links: { self: `${apiUrl}/notifications/webhooks` },
  };
}

/** A message of a list has its last attempt only: 500 messages with all attempts could be too large for a reply. */
function renderListed({ message, ...found }: FoundMessage, apiUrl: string): WebhookMessageReply {
  const { attempts, ...rest } = message;
  return renderMessage({ ...found, message: { ...rest, attempts: attempts.slice(-1) } }, apiUrl);
}

export function renderMessage(found: FoundMessage, apiUrl: string): WebhookMessageReply {
  const { message } = found;
  const { id, endpointId, typeId, eventId, createdAt, dueAt, attempts } = message;
  const status = statusOf(message, found);
  const webhook = linkTo(endpointId, apiUrl);
  return {
    id,
    webhookId: endpointId,
    eventTypeId: typeId,
    eventId,
    status,
    createdDate: timestamp(createdAt),
    ...(status === "pending" && dueAt !== undefined && { nextAttempt: timestamp(dueAt) }),
    payload: thinPayload(message, apiUrl),
    attempts: attempts.map(renderAttempt),
    links: { self: `${webhook}/messages/${id}`, webhook },
  };
}

function renderAttempt({ number, at, url, responseStatus, response, isSuccess }: Attempt) {
  return {
    id: String(number),
    url,
    response,
    ...(responseStatus !== undefined && { responseStatusCode: responseStatus }),
    timestamp: timestamp(at),
    status: isSuccess ? "Success" : "Failed",
  } as const;
}

export interface AskedFor {
  filter: string | undefined;
  limit: string | undefined;
  from: string | undefined;
}

/** Renders a page of messages. Its links repeat the parameters of the request. */
export function renderMessages(
  page: FoundMessages,
  asked: AskedFor,
  apiUrl: string,
): WebhookMessageListReply {
  const { messages, next, ...found } = page;
  const link = (query: AskedFor) => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) search.set(name, value);
    }
    const messagesLink = `${linkTo(found.endpoint.id, apiUrl)}/messages`;
    return search.size > 0 ? `${messagesLink}?${search}` : messagesLink;
  };
  return {
    ...listOf(messages.map((message) => renderListed({ ...found, message }, apiUrl))),
    links: { self: link(asked), ...(next !== undefined && { next: link({ ...asked, from: next }) }) },
  };
}

export function renderTestMessages(sent: readonly FoundMessage[], apiUrl: string): TestMessagesReply {
  return listOf(sent.map((found) => renderMessage(found, apiUrl)));
}

export function renderReplay({ count, next }: { count: number; next: string | undefined }): ReplayReply {
  return { type: "replay", count, ...(next !== undefined && { next }) };
}

function listOf<One>(data: One[]) {
  return { type: "list", size: data.length, count: data.length, data } as const;
}

function linkTo(id: string, apiUrl: string): string {
  return `${apiUrl}/notifications/webhooks/${id}`;
}
