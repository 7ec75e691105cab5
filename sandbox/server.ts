import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Setting } from "./call.ts";
import { limitTime } from "./limit-time.ts";
import { type Front, serve } from "./serve.ts";
import { keepInFile, keepInMemory } from "./state-keeper.ts";

export type SandboxOptions = {
  /** 0 for any free port. */
  readonly port: number;
  /** The bank's pace is multiplied by this. */
  readonly timeScale?: number | undefined;
  /** State is in memory only when absent. */
  readonly dataFile?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined;
};

export type Sandbox = { readonly url: string; readonly close: () => Promise<void> };

/** Rejects when the port is taken (`EADDRINUSE`), or when the data file cannot be used. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { port, timeScale = 1, dataFile, apiKey, now = Date.now } = options;
  const server = limitTime(createServer());
  const front = Promise.withResolvers<Front>();
  server.on("request", (request, response) => {
    front.promise.then(
      (ready) => serve(ready, request, response),
      () => request.destroy(),
    );
  });
  server.listen(port, "127.0.0.1");
  // The port first: it keeps a second program away from the data file of the first.
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
    front.resolve({ keeper, setting, now, closing: closing.signal });
    return { url, close: () => stopServing().then(keeper.settled) };
  } catch (error) {
    front.reject(error);
    front.promise.catch(() => undefined);
    await stopServing();
    throw error;
  }
}
