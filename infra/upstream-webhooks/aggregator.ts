import * as z from "zod";
import type { Secret } from "../../functions/jobs/domain/secret.ts";

/** In milliseconds. */
const REPLIES_WITHIN_MS = 20_000;

/** Webhooks exist since this version of the aggregator's API. */
const VERSION = "3.0";

const token = z.object({ access_token: z.string() });
const errors = z.object({ data: z.array(z.object({ code: z.string() })) });

const webhook = z.object({
  id: z.string(),
  url: z.string(),
  status: z.string().catch("unknown"),
  /** One published example has a text here. */
  subscribedEvents: z.union([z.array(z.string()), z.string().transform((one) => [one])]).default([]),
  secret: z.string().optional(),
});
export type UpstreamWebhook = z.infer<typeof webhook>;

const message = z.object({
  id: z.string(),
  payload: z.object({ eventTypeId: z.string(), eventId: z.string() }),
});
const attempts = z.object({
  attempts: z
    .array(z.object({ responseStatusCode: z.coerce.number().optional(), timestamp: z.string() }))
    .default([]),
});
export interface UpstreamWebhookMessage {
  id: string;
  typeId: string;
  eventId: string;
  attempts: z.infer<typeof attempts>["attempts"];
}

/** One published example has an object in place of the list. */
const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.object({ data: z.union([z.array(entry), entry.transform((one) => [one])]) });

/** The aggregator did not accept a request. Its message has our words and the aggregator's status and code. */
export class AggregatorRefused extends Error {
  override readonly name = "AggregatorRefused";
  readonly code: string;
  constructor(what: string, status: number, code: string) {
    super(`The aggregator did not ${what}: ${status} ${code}`.trim());
    this.code = code;
  }
}

export type Aggregator = ReturnType<typeof aggregatorAt>;

/** Calls the published routes of webhooks. Every call throws an `Error` with a one-line message if it fails. */
export function aggregatorAt(url: string, apiKey: Secret) {
  let accessToken: string | undefined;

  async function exchange(what: string, method: string, path: string, init: RequestInit): Promise<unknown> {
    const signal = AbortSignal.timeout(REPLIES_WITHIN_MS);
    const reply = await fetch(`${url}${path}`, { method, redirect: "error", signal, ...init }).catch(() => {
      throw new Error(`The aggregator did not ${what}: it cannot be reached.`);
    });
    const json: unknown = await reply.json().catch(() => undefined);
    if (reply.ok) return json;
    const [first] = errors.safeParse(json).data?.data ?? [];
    throw new AggregatorRefused(what, reply.status, first?.code.replace(/[^\w-]/g, "") ?? "");
  }

  async function call(what: string, method: string, path: string, body?: object): Promise<unknown> {
    if (accessToken === undefined) {
      const headers = { authorization: `Basic ${apiKey.reveal()}`, "basiq-version": VERSION };
      const asked = { headers, body: new URLSearchParams({ scope: "SERVER_ACCESS" }) };
      accessToken = token.parse(await exchange("issue a token", "POST", "/token", asked)).access_token;
    }
    const headers = {
      authorization: `Bearer ${accessToken}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    return exchange(what, method, path, {
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  const pathOf = (id: string) => `/notifications/webhooks/${encodeURIComponent(id)}`;
  return {
    list: async () =>
      listOf(webhook).parse(await call("list its webhooks", "GET", "/notifications/webhooks")).data,
    create: async (wanted: object) =>
      webhook.parse(await call("create the webhook", "POST", "/notifications/webhooks", wanted)),
    update: async (id: string, wanted: object) =>
      webhook.parse(await call("update the webhook", "POST", pathOf(id), wanted)),
    remove: (id: string) => call("delete the webhook", "DELETE", pathOf(id)),
    /** Returns at most `limit` messages, newest first. */
    async messages(id: string, limit: number): Promise<UpstreamWebhookMessage[]> {
      const path = `${pathOf(id)}/messages`;
      const listed = await call("list the messages", "GET", `${path}?limit=${limit}`);
      const newest = listOf(message).parse(listed).data.slice(0, limit);
      return Promise.all(
        newest.map(async (one) => {
          const shown = await call("show a message", "GET", `${path}/${encodeURIComponent(one.id)}`);
          const { eventTypeId: typeId, eventId } = one.payload;
          return { id: one.id, typeId, eventId, attempts: attempts.parse(shown).attempts };
        }),
      );
    },
  };
}
