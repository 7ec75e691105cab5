import { connected } from "../../journeys/calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { startLocalMode } from "./system.ts";

/*
 * Measures how long readings take at the sandbox itself and through our API, and prints the milliseconds as JSON. A program of
 * its own, since local mode starts once per process.
 */

const READINGS = 200;
/** The first readings also read keys, and open connections. */
const FIRST = 20;

process.env["LOG_LEVEL"] = "error";
const { local, target } = await startLocalMode({ timeScale: 100 });
const backend = new MobileBackend(target);
await connected(backend, HOOLI, LOGINS.gavin);
const atSandbox = new MobileBackend({ ...target, apiUrl: target.sandboxUrl });
const [ours, theirs] = [await backend.token(), await atSandbox.token()];

async function msOf(baseUrl: string, token: string, path: string): Promise<number> {
  const startedAt = performance.now();
  const reply = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } });
  await reply.text();
  if (!reply.ok) throw new Error(`GET ${path}: ${reply.status}`);
  return performance.now() - startedAt;
}

const lists = { accounts: "accounts", "500 transactions": "transactions?limit=500" };
const readings: Record<string, { direct: number[]; passed: number[] }> = {};
for (const [name, list] of Object.entries(lists)) {
  const path = `/users/${backend.userId}/${list}`;
  const measured = { direct: [] as number[], passed: [] as number[] };
  // One after the other, so that what else the machine does slows both.
  for (let reading = 0; reading < FIRST + READINGS; reading++) {
    const direct = await msOf(target.sandboxUrl, theirs, path);
    const passed = await msOf(target.apiUrl, ours, path);
    if (reading >= FIRST) {
      measured.direct.push(direct);
      measured.passed.push(passed);
    }
  }
  readings[name] = measured;
}
await local.close();
process.stdout.write(JSON.stringify(readings));
