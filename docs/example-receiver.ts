import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

const POLL_EVERY_MS = 50;
const MAX_POLLS = 2_000;

const address = z.object({ port: z.number() });
const message = z.looseObject({ eventTypeId: z.string() });

/** Receives webhooks on the loopback. The path `/gone` replies that it wants no more messages. */
export async function startExampleReceiver() {
  const received: { path: string; body: z.output<typeof message> }[] = [];
  const server = createServer(async (request, response) => {
    const { url: path = "" } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    received.push({ path, body: message.parse(JSON.parse(body)) });
    response.writeHead(path === "/gone" ? 410 : 204).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${address.parse(server.address()).port}`,
    /** Resolves with the first message of a type that a path receives. */
    async messageOf(path: string, typeId: string): Promise<unknown> {
      for (let polls = 0; polls < MAX_POLLS; polls++) {
        const found = received.find((each) => each.path === path && each.body.eventTypeId === typeId);
        if (found !== undefined) return found.body;
        await sleep(POLL_EVERY_MS);
      }
      throw new Error("A message that an example needs did not arrive.");
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}
