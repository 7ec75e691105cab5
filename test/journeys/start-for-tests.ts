import { inject } from "vitest";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { type LocalSystem, type StartOptions, startLocal } from "../../infra/local/start-local.ts";
import { parseTemplate, synthesizeApart } from "../../infra/local/template/template.ts";
import { ANY_UPSTREAM } from "./synthesize-once.ts";

export const API_KEY = "journeys-api-key";

interface TestOptions extends Pick<StartOptions, "around"> {
  /** Takes the place of the sandbox. It takes any key. */
  upstreamUrl?: string;
  /** Of a deployment of its own, as after `cdk -c`; else the template is the one that the files of a run share. */
  settings?: Record<string, unknown>;
}

/** Local mode on free ports. */
export function startForTests(
  timeScale: number,
  { around, upstreamUrl, settings }: TestOptions = {},
): Promise<LocalSystem> {
  process.env["LOG_LEVEL"] = "error";
  const started = readLocalSettings({
    PORT: "0",
    SANDBOX_PORT: "0",
    LOCAL_API_KEY: API_KEY,
    TIME_SCALE: String(timeScale),
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
