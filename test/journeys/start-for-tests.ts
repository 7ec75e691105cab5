import { inject } from "vitest";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { type LocalSystem, type StartOptions, startLocal } from "../../infra/local/start-local.ts";
import { parseTemplate } from "../../infra/local/template.ts";
import { ANY_UPSTREAM } from "./synthesize-once.ts";

export const API_KEY = "journeys-api-key";

/** Local mode on free ports, with the template that the files of a run share. */
export function startForTests(
  timeScale: number,
  options: Pick<StartOptions, "around"> = {},
): Promise<LocalSystem> {
  process.env["LOG_LEVEL"] = "error";
  const settings = { PORT: "0", SANDBOX_PORT: "0", LOCAL_API_KEY: API_KEY, TIME_SCALE: String(timeScale) };
  return startLocal(readLocalSettings(settings), {
    ...options,
    synthesize: async ({ upstreamUrl }) =>
      parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl))),
  });
}
