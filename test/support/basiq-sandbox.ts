import * as z from "zod";
import { basiq } from "../../functions/aggregators/basiq/basiq.ts";
import { basiqTransport } from "../../functions/aggregators/basiq/transport.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { fakeClock } from "./fake-clock.ts";

const ledgerReply = z.object({ calls: z.array(z.object({ method: z.string(), path: z.string() })) });

export interface Fault {
  method: "GET" | "POST";
  path: string;
  times?: number;
  do: { status?: number; retryAfter?: string; body?: string; reset?: "before" | "after" };
}

/** The real client in front of the real sandbox, by one clock that takes no time. */
export async function basiqSandbox() {
  const clock = fakeClock();
  const slept: number[] = [];
  const sandbox = await startSandbox({ port: 0, now: () => clock.now().getTime(), apiKey: "the-key" });
  const counting = {
    ...clock,
    sleep: async (ms: number) => {
      slept.push(ms);
    },
  };
  const transportWith = (apiKey: () => Promise<Secret>) =>
    basiqTransport({ baseUrl: sandbox.url, version: "3.0", apiKey, clock: counting });
  const clientWith = (apiKey: () => Promise<Secret>) => basiq(transportWith(apiKey));
  /** Each trade for a token takes the next key, and the last one from then on. */
  const newClient = (...keys: string[]) => {
    const left = keys.length === 0 ? ["the-key"] : keys;
    return clientWith(async () => new Secret((left.length > 1 ? left.shift() : left[0]) ?? ""));
  };

  async function control(method: string, path: string, body: unknown): Promise<void> {
    const response = await fetch(`${sandbox.url}/_control${path}`, { method, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`control: ${response.status} ${await response.text()}`);
  }

  return {
    clock,
    slept,
    newClient,
    clientWith,
    upstream: newClient(),
    close: sandbox.close,
    setFaults: (...faults: Fault[]) =>
      control(
        "PUT",
        "/faults",
        faults.map((fault) => ({ times: 1, ...fault })),
      ),
    setInstitution: (id: string, condition: { status: string; outage: string }) =>
      control("PUT", `/institutions/${id}`, condition),
    /** The calls so far, in order, such as `GET /jobs/1`. */
    calls: async () => {
      const response = await fetch(`${sandbox.url}/_control/ledger`);
      return ledgerReply.parse(await response.json()).calls.map(({ method, path }) => `${method} ${path}`);
    },
  };
}

export type BasiqSandbox = Awaited<ReturnType<typeof basiqSandbox>>;
