import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";
import type { CanaryRegister } from "./canary-register.ts";
import type { CanaryClient } from "./canary-world.ts";

const shown = z.object({ id: z.string(), secret: z.string() });

const WEBHOOKS = "/notifications/webhooks";

interface Options {
  readonly client: CanaryClient;
  readonly register: CanaryRegister;
  /** Notes a message. */
  note(message: string): void;
}

/** A webhook that gets all events, whole. Its secret was replaced once: the old one and the new one sign. */
export async function startCanaryWebhook({ client, register, note }: Options) {
  const secrets: string[] = [];
  const signed = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    note(`${request.method} ${request.url} ${JSON.stringify(headers)}\n\n${body}`);
    for (const secret of secrets) if (isSignedBy(secret, body, headers)) signed.add(secret);
    response.end("noted");
  });
  const { url, close } = await listenLocally(server);
  const token = await client.token();

  async function post(path: string, body: object): Promise<z.infer<typeof shown>> {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const reply = shown.parse(
      (await client.send("POST", path, { headers, body: JSON.stringify(body) })).json,
    );
    register.made("secret of a webhook", reply.secret);
    secrets.push(reply.secret);
    return reply;
  }

  const { id } = await post(WEBHOOKS, { url: `${url}/`, payload: "full", ordering: "job" });
  const path = `${WEBHOOKS}/${id}`;
  await post(`${path}/secret`, { overlapSeconds: 7 * 24 * 3600 });
  return {
    url,
    path,
    /** The secrets by which messages were signed. */
    signers: (): ReadonlySet<string> => signed,
    close,
  };
}

function isSignedBy(secret: string, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}
