import { afterAll, beforeAll, inject, vi } from "vitest";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../infra/local/start-local.ts";
import { parseTemplate } from "../../../infra/local/template/template.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { API_KEY } from "../../journeys/start-for-tests.ts";
import { ANY_UPSTREAM } from "../../journeys/synthesize-once.ts";
import type { Target } from "../../journeys/target.ts";
import { cellWatch } from "./cell-watch.ts";
import { mortality } from "./mortality.ts";
import { standBetween } from "./stand-between.ts";
import { turnsFor } from "./turns.ts";

const ENDPOINT = /^AWS_ENDPOINT_URL_/;

/** The bank is somewhat slower than it is looked at, so that each of its steps is seen. */
const BANKS_PACE = 2 / 3;

/** Two cores are busy with so many, and nobody waits for long. */
const AT_ONCE = 20;

export interface Pace {
  timeScale: number;
  /** How many users act at once. */
  atOnce?: number;
}

/** Local mode, whose functions' processes end where the cells want it. */
export function mortalSystem({ timeScale, atOnce = AT_ONCE }: Pace) {
  const functions = mortality();
  const { passAws, passUpstream, add } = cellWatch(functions);
  const closers: (() => Promise<void>)[] = [];
  const said: string[] = [];
  let started: { system: LocalSystem; target: Target } | undefined;

  async function start(): Promise<void> {
    const sandbox = await startSandbox({ port: 0, timeScale: timeScale * BANKS_PACE });
    closers.push(sandbox.close);
    const upstream = await standBetween(sandbox.url, passUpstream);
    closers.push(upstream.close);
    process.env["LOG_LEVEL"] = "error";
    const system = await startLocal(
      readLocalSettings({
        ...{ PORT: "0", LOCAL_API_KEY: API_KEY, TIME_SCALE: String(timeScale) },
        ...{ UPSTREAM_URL: upstream.url, UPSTREAM_API_KEY: "sandbox" },
      }),
      {
        // A function that ran before all stands between would know where the services are.
        around: async (...invocation) => started && functions.around(...invocation),
        synthesize: async ({ upstreamUrl }) =>
          parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl))),
      },
    );
    closers.push(system.close);
    for (const [name, origin = ""] of Object.entries(process.env).filter(([name]) => ENDPOINT.test(name))) {
      const between = await standBetween(origin, passAws);
      closers.push(between.close);
      process.env[name] = between.url;
    }
    started = { system, target: { apiUrl: system.apiUrl, sandboxUrl: sandbox.url, apiKey: API_KEY } };
  }

  beforeAll(async () => {
    const write = process.stdout.write.bind(process.stdout);
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      if (!functions.isRunning()) return write(text);
      said.push(String(text));
      return true;
    });
    await start();
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
    functions.close();
    vi.restoreAllMocks();
  });

  const running = () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };

  return {
    timeScale,
    turns: turnsFor(atOnce),
    target: () => running().target,
    system: () => running().system,
    /** What functions have logged. */
    said,
    add,
  };
}

export type MortalSystem = ReturnType<typeof mortalSystem>;
