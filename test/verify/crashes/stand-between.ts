import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { buffer } from "node:stream/consumers";
import { listenLocally } from "../../../infra/local/local-server.ts";

export interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** A request on its way, and what sends it on. */
export interface Passing {
  request: IncomingMessage;
  body: Buffer;
  perform(): Promise<Reply>;
}

/** Gives the reply to what passes, by `perform` or without it; nothing cuts the connection. */
export type Meet = (passing: Passing) => Promise<Reply | undefined>;

/** Listens in the place of a server, and hands on what comes. */
export async function standBetween(
  origin: string,
  meet: Meet,
): Promise<{ url: string; close(): Promise<void> }> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const reply = await meet({ request, body, perform: () => perform(request, body) });
    if (reply === undefined) response.destroy();
    else response.writeHead(reply.status, reply.headers).end(reply.body);
  }

  function perform({ method, url = "/", headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    const { host } = new URL(origin);
    return new Promise((resolve, reject) => {
      const sent = send(new URL(url, origin), { method, headers: { ...headers, host }, agent }, (reply) => {
        const { statusCode: status = 500, headers } = reply;
        buffer(reply).then((body) => resolve({ status, headers, body }), reject);
      });
      sent.on("error", reject).end(body);
    });
  }

  const { url, close } = await listenLocally(server);
  return {
    url,
    async close() {
      await close();
      agent.destroy();
    },
  };
}
