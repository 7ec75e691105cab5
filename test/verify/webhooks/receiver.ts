import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import type { Delivery, Sender } from "../../../functions/webhooks/domain/ports.ts";
import { httpsSender, type SenderOptions } from "../../../functions/webhooks/sending/send.ts";
import { fakeClock } from "../../support/fake-clock.ts";

export interface Received {
  headers: IncomingMessage["headers"];
  path: string | undefined;
  body: string;
}

export interface Receiver {
  port: number;
  /** The address of the receiver with the path `/hook`. */
  url: string;
  requests: Received[];
  /** How many connections were opened, also those without a request. */
  connections(): number;
  close(): Promise<void>;
}

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

/** Starts a receiver of webhooks on the loopback, which ends with the test. */
export async function startReceiver(reply: Reply, tls?: { key: string; cert: string }): Promise<Receiver> {
  const requests: Received[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await request.toArray()).join("");
    requests.push({ headers: request.headers, path: request.url, body });
    reply(response, request);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    await once(server.close(), "close");
  };
  onTestFinished(close);
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/hook`;
  return { port, url, requests, connections: () => connections, close };
}

/** A delivery that is sent now. */
export function deliveryTo(url: string, more: Partial<Delivery> = {}): Delivery {
  const secrets = [new Secret("whsec_b25lIHNlY3JldCBvZiBhbiBlbmRwb2ludCBmb3IgdGVzdHM=")];
  return { url, id: "message-1", body: '{"eventId":"event-1"}', secrets, at: new Date(), ...more };
}

/** A sender by the rules of local mode: it reaches receivers on the loopback. */
export function senderToLoopback(options: Partial<SenderOptions> = {}): Sender {
  return httpsSender({ rules: { ownHosts: [], allowsLoopback: true }, clock: fakeClock(), ...options });
}
