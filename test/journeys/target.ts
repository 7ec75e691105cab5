import { afterAll, beforeAll, inject } from "vitest";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { startLocal } from "../../infra/local/start-local.ts";
import { parseTemplate } from "../../infra/local/template.ts";
import { deployedTarget } from "./deployed-target.ts";
import { ANY_UPSTREAM } from "./synthesize-once.ts";

/** The system under test, as its users see it. */
export interface Target {
  apiUrl: string;
  sandboxUrl: string;
  apiKey: string;
}

/** Bank steps of 2 s take 0.1 s, and a challenge of 2 minutes 6 s. */
const TIME_SCALE = "20";

const API_KEY = "journeys-api-key";

/** What the tests of a file reach: the deployment that the environment names, or local mode, which starts for them. */
export function target(): () => Target {
  const deployed = deployedTarget();
  if (deployed !== undefined) return () => deployed;

  let started: Target | undefined;
  let stop: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    process.env["LOG_LEVEL"] = "error";
    const settings = { PORT: "0", SANDBOX_PORT: "0", LOCAL_API_KEY: API_KEY, TIME_SCALE };
    const system = await startLocal(readLocalSettings(settings), async ({ upstreamUrl }) =>
      parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl))),
    );
    stop = system.close;
    started = { apiUrl: system.apiUrl, sandboxUrl: system.sandboxUrl ?? "", apiKey: API_KEY };
  });
  afterAll(() => stop?.());

  return () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };
}
