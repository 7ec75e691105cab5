import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Setting } from "./call.ts";
import { limitTime } from "./limit-time.ts";
import { sendMessages } from "./notifications/send-messages.ts";
import { type Front, serve } from "./serve.ts";
import { keepInFile, keepInMemory } from "./state-keeper.ts";

export type SandboxOptions = {
  /** 0 selects a free port. */
  readonly port: number;
  /** Multiplies the speed of the bank. Default: 1. */
  readonly timeScale?: number | undefined;
  /** Default: the state is stored in memory only. */
  readonly dataFile?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Where the Consent UI sends browsers back to. Default: it shows no way back. */
  readonly consentReturnUrl?: string | undefined;
  /** Returns milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** Waits before the next check for messages of webhooks to send. Default: in real time. */
  readonly rest?: Front["rest"];
};

export type Sandbox = { readonly url: string; readonly close: () => Promise<void> };

/** Starts the sandbox on 127.0.0.1. Rejects if the port is taken (`EADDRINUSE`) or the data file cannot be used. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port, timeScale = 1, dataFile, apiKey, consentReturnUrl, now = Date.now, rest } = options;
  const server = limitTime(createServer());
  const front = Promise.withResolvers<Front>();
  server.on("request", (request, response) => {
    front.promise.then(
      (ready) => serve(ready, request, response),
      () => request.destroy(),
    );
  });
  server.listen(port, "127.0.0.1");
  // Listen before opening the data file: the taken port prevents a second program from using the data file of the first.
  await once(server, "listening");
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`;
  const setting: Setting = {
    baseUrl: url,
    apiKey,
    isControlGuarded: false,
    timeScale,
    newId: randomUUID,
    newToken: () => randomBytes(32).toString("base64url"),
    notifies: true,
    consentReturnUrl,
  };
  const closing = new AbortController();
  const closed = once(server, "close");

  async function stopServing(): Promise<void> {
    closing.abort();
    server.close();
    server.closeAllConnections();
    await closed;
  }

  try {
    const keeper = dataFile === undefined ? keepInMemory() : await keepInFile(dataFile);
    const ready = { keeper, setting, now, rest, closing: closing.signal };
    front.resolve(ready);
    const sending = sendMessages(ready);
    const stopSending = () => sending.then(keeper.settled);
    return { url, close: () => stopServing().then(stopSending) };
  } catch (error) {
    front.reject(error);
    front.promise.catch(() => undefined);
    await stopServing();
    throw error;
  }
}
