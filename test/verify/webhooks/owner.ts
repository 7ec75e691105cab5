import { onTestFinished } from "vitest";
import * as z from "zod";
import {
  replayReply,
  testMessagesReply,
  webhookMessageListReply,
  webhookMessageReply,
  webhookReply,
  webhookWithSecretReply,
} from "../../../functions/http/reply-schemas.ts";
import type { HttpReply, MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Received } from "./receiver.ts";

const WEBHOOKS = "/notifications/webhooks";

type Created = z.infer<typeof webhookWithSecretReply>;
type Wanted = Partial<Record<"payload" | "ordering", string>> & { url: string; subscribedEvents?: string[] };

/** The owner of a webhook, with everything that the API offers for it. */
export class Owner {
  readonly #backend: MobileBackend;
  readonly id: string;
  /** The newest secret. */
  secret: string;

  private constructor(backend: MobileBackend, { id, secret }: Created) {
    this.#backend = backend;
    this.id = id;
    this.secret = secret;
  }

  /** Creates a webhook, which is deleted with the end of the test. */
  static async of(backend: MobileBackend, wanted: Wanted): Promise<Owner> {
    const { json } = expectStatus(201, await backend.call("POST", WEBHOOKS, wanted));
    const owner = new Owner(backend, webhookWithSecretReply.parse(json));
    onTestFinished(async () => {
      await owner.delete();
    });
    return owner;
  }

  async #call(status: number, method: string, path = "", body?: object): Promise<unknown> {
    return expectStatus(status, await this.#backend.call(method, `${WEBHOOKS}/${this.id}${path}`, body)).json;
  }

  async status() {
    return webhookReply.parse(await this.#call(200, "GET")).status;
  }

  /** Rotates the secret. */
  async rotate(overlapSeconds: number): Promise<void> {
    const json = await this.#call(200, "POST", "/secret", { overlapSeconds });
    this.secret = webhookWithSecretReply.parse(json).secret;
  }

  /** All messages, newest first. */
  async messages(filter?: string) {
    const found: z.infer<typeof webhookMessageReply>[] = [];
    let path: string | undefined = filter === undefined ? "/messages" : `/messages?filter=${filter}`;
    while (path !== undefined) {
      const { data, links } = webhookMessageListReply.parse(await this.#call(200, "GET", path));
      found.push(...data);
      path = links.next?.slice(links.next.indexOf("/messages?"));
    }
    return found;
  }

  async message(id: string) {
    return webhookMessageReply.parse(await this.#call(200, "GET", `/messages/${id}`));
  }

  /** Sends a test message to each webhook of the type, and returns the id of this webhook's. */
  async test(eventTypeId: string, Text = "a test"): Promise<string> {
    const path = "/notifications/messages/test";
    const { json } = expectStatus(201, await this.#backend.call("POST", path, { eventTypeId, Text }));
    const mine = testMessagesReply.parse(json).data.find(({ webhookId }) => webhookId === this.id);
    if (mine === undefined) throw new Error("The test message went to other webhooks only.");
    return mine.id;
  }

  async resend(id: string): Promise<void> {
    await this.#call(202, "POST", `/messages/${id}/resend`);
  }

  /** Replays everything since a time, and returns how many messages that were. */
  async replay(only: "failed" | "held" | "all", since: Date): Promise<number> {
    const period = { from: since.toISOString(), to: new Date(Date.now() + 1000).toISOString() };
    return replayReply.parse(await this.#call(202, "POST", "/replay", { ...period, only })).count;
  }

  async delete(): Promise<void> {
    await this.#call(204, "DELETE");
  }
}

function expectStatus(status: number, reply: HttpReply): HttpReply {
  if (reply.status !== status) throw new Error(`Expected ${status}, got ${JSON.stringify(reply)}.`);
  return reply;
}

const body = z.object({
  eventTypeId: z.string(),
  eventId: z.string(),
  Text: z.string().optional(),
  event: z.unknown().optional(),
  links: z.object({ event: z.string(), eventEntity: z.string() }),
});

export function bodyOf({ body: text }: Received): z.infer<typeof body> {
  return body.parse(JSON.parse(text));
}

export function idOf({ headers }: Received): string {
  return String(headers["webhook-id"]);
}
