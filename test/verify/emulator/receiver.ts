import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { certificateFor } from "../webhooks/certificate.ts";
import type { Environment } from "./programs.ts";

/** The host of the receiver. Functions look up its name and find a public address, as `receiver-names.ts` says. */
const HOST = "receiver.example.com";
export const RECEIVER_URL = `https://${HOST}/hook`;

/** A receiver of webhooks, on a socket of the file system. */
export interface Receiver {
  /** The status of its next replies. */
  status: number;
  /** The ids of the messages that it has taken, the oldest first. */
  taken: string[];
}

/** What functions need to reach the receiver whose files are in a folder. */
export function receiverVariables(folder: string): Environment {
  return {
    RECEIVER_HOST: HOST,
    RECEIVER_SOCKET: join(folder, "receiver"),
    RECEIVER_CERT: join(folder, "receiver.pem"),
  };
}

export async function startReceiver(folder: string): Promise<Receiver> {
  const { RECEIVER_SOCKET = "", RECEIVER_CERT = "" } = receiverVariables(folder);
  const certificate = certificateFor(HOST);
  writeFileSync(RECEIVER_CERT, certificate.cert);
  const receiver: Receiver = { status: 200, taken: [] };
  const server = createServer(certificate, async (request, response) => {
    await request.toArray();
    if (receiver.status === 200) receiver.taken.push(String(request.headers["webhook-id"]));
    response.writeHead(receiver.status).end();
  });
  rmSync(RECEIVER_SOCKET, { force: true });
  await once(server.listen(RECEIVER_SOCKET), "listening");
  server.unref();
  return receiver;
}
