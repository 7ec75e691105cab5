import { afterAll, beforeAll, inject } from "vitest";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { type LocalSystem, type StartOptions, startLocal } from "../../infra/local/start-local.ts";
import { parseTemplate, synthesizeApart } from "../../infra/local/template/template.ts";
import { ANY_UPSTREAM } from "./synthesize-once.ts";

export const API_KEY = "journeys-api-key";

interface TestOptions extends Pick<StartOptions, "around"> {
  /** Replaces the sandbox. It accepts any key. */
  upstreamUrl?: string;
  /** Where local mode stores its tables. Default: in memory. */
  dataDir?: string;
  /** Those of `cdk -c`. They need a template of their own: without them, all files of a run share one. */
  settings?: Record<string, unknown>;
}

/** Local mode on free ports. */
export function startForTests(
  timeScale: number,
  { around, upstreamUrl, dataDir, settings }: TestOptions = {},
): Promise<LocalSystem> {
  process.env["LOG_LEVEL"] = "error";
  const started = readLocalSettings({
    PORT: "0",
    SANDBOX_PORT: "0",
    LOCAL_API_KEY: API_KEY,
    TIME_SCALE: String(timeScale),
    ...(dataDir !== undefined && { DATA_DIR: dataDir }),
    ...(upstreamUrl !== undefined && { UPSTREAM_URL: upstreamUrl, UPSTREAM_API_KEY: "any" }),
  });
  return startLocal(started, {
    ...(around !== undefined && { around }),
    synthesize: async (context) =>
      settings === undefined
        ? parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, context.upstreamUrl)))
        : synthesizeApart({ ...context, ...settings }),
  });
}

/** Local mode for the tests of a file. Calls `options` when it starts. */
export function localSystem(
  timeScale: number,
  options: () => Parameters<typeof startForTests>[1] = () => ({}),
): () => LocalSystem {
  let started: LocalSystem | undefined;

  beforeAll(async () => {
    started = await startForTests(timeScale, options());
  });
  afterAll(() => started?.close());

  return () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };
}
