import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import type { Secret } from "../../functions/jobs/domain/secret.ts";

export interface Receiver {
  url: string;
  close(): Promise<void>;
}

export interface ReceiverOptions {
  /** 0: any free one. */
  port: number;
  /** A message may arrive before the reply that shows the secret. */
  secret: Promise<Secret>;
  print(line: string): void;
}

const message = z.object({
  eventTypeId: z.string(),
  links: z.object({ eventEntity: z.url() }),
  event: z
    .object({ createdDate: z.iso.datetime(), data: z.object({ sequence: z.int().optional() }) })
    .optional(),
});

const address = z.object({ port: z.number() });

/** What the cells of a line are. */
export const COLUMNS = "time, type, path of what it is about, sequence, delay since the event, signature";

/**
 * Starts a receiver of webhooks on the loopback, which prints one line for each message.
 *
 * @throws an `Error` with a one-line message if the port is taken.
 */
export async function startReceiver({ port, secret, print }: ReceiverOptions): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    try {
      const arrivedAt = new Date();
      const body = Buffer.concat(await request.toArray());
      answer(response, request, { body, arrivedAt, secret: await secret, print });
    } catch {
      response.destroy();
    }
  });
  await listening(server.listen(port, "127.0.0.1"), port);
  return {
    url: `http://127.0.0.1:${address.parse(server.address()).port}/`,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

async function listening(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  try {
    await once(server, "listening");
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw isTaken ? new Error(`Port ${port} is taken. Name another one after --port.`) : error;
  }
}

interface Arrived {
  body: Buffer;
  arrivedAt: Date;
  secret: Secret;
  print(line: string): void;
}

function answer(
  response: ServerResponse,
  { headers }: IncomingMessage,
  { body, arrivedAt, secret, print }: Arrived,
): void {
  try {
    const verified = new Webhook(secret.reveal()).verify(body, textsOf(headers));
    response.writeHead(204).end();
    print(lineFor(message.parse(verified), arrivedAt));
  } catch {
    response.writeHead(400).end();
    // The content is not printed: anybody on this machine may have sent it.
    print(`${arrivedAt.toISOString()}  NOT VERIFIED`);
  }
}

function textsOf(headers: IncomingMessage["headers"]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The API shows whole seconds, so the delay of a message is known to the second. Test messages have no stored event, and no delay. */
function lineFor({ eventTypeId, links, event }: z.output<typeof message>, arrivedAt: Date): string {
  const second = Math.floor(arrivedAt.getTime() / 1000);
  const delay = event === undefined ? "-" : `${second - Math.floor(Date.parse(event.createdDate) / 1000)} s`;
  const cells = [
    arrivedAt.toISOString(),
    eventTypeId.padEnd(TYPE_CHARS),
    new URL(links.eventEntity).pathname,
    String(event?.data.sequence ?? "-").padStart(SEQUENCE_CHARS),
    delay.padStart(DELAY_CHARS),
    "verified",
  ];
  return cells.join("  ");
}

/** The longest type of a job's events is `job.ready-for-user`. */
const TYPE_CHARS = 18;
const SEQUENCE_CHARS = 3;
const DELAY_CHARS = 5;
