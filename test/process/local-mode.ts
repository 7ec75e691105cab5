import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import * as z from "zod";
import { LOCAL_MODE, startProgram, type Variables, type WhenOver } from "./program.ts";

export const DEVELOPMENT_KEY = "local-development-key";

const ANY_PORTS: Variables = { PORT: "0", SANDBOX_PORT: "0", DEMO: "off" };

/** Local mode in a process of its own, ready to be used. */
export async function startLocalMode(variables: Variables, whenOver?: WhenOver) {
  const program = startProgram(LOCAL_MODE, { ...ANY_PORTS, ...variables }, whenOver);
  await program.prints(/^Ctrl-C stops it\.$/m);
  const walkThrough = program.printed.stdout;
  const line = (label: string) => new RegExp(`^${label}: +(.+)$`, "m").exec(walkThrough)?.[1];
  return {
    ...program,
    walkThrough,
    apiUrl: line("API") ?? "",
    sandboxUrl: line("Sandbox"),
    apiKey: line("API key"),
    /** All that the program said beside the walk-through. */
    said: () => program.printed.stdout.replace(walkThrough, "") + program.printed.stderr,
  };
}

export type LocalMode = Awaited<ReturnType<typeof startLocalMode>>;

const address = z.object({ port: z.number() });

/** A server on a port of this machine, which nobody else can take meanwhile. */
export async function takenPort(): Promise<string> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return listen(server);
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(servers.map(listen));
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return String(address.parse(server.address()).port);
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "local-mode-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
