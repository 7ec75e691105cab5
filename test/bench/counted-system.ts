import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { type LocalSystem, type StartOptions, startLocal } from "../../infra/local/start-local.ts";
import type { Template } from "../../infra/local/template.ts";
import { synthesizeApart } from "../../infra/local/template-process.ts";
import type { Target } from "../journeys/target.ts";
import { type AwsRecorder, awsRecorder } from "../support/aws-recorder.ts";
import { functionWatch, type WatchedInvocation } from "./function-watch.ts";
import type { PacedBank } from "./paced-bank.ts";

export interface CountedSystem {
  local: LocalSystem;
  template: Template;
  target: Target;
  recorder: AwsRecorder;
  /** In the order of the recorder's invocations. */
  watched: readonly WatchedInvocation[];
  close(): Promise<void>;
}

export interface CountedOptions {
  timeScale: number;
  synthesize?: NonNullable<StartOptions["synthesize"]>;
  /** Instead of local mode's own sandbox. */
  bank?: PacedBank;
}

const API_KEY = "bench-api-key";

/** Local mode on free ports, with everything that its functions do written down. Once per process. */
export async function startCounted({ timeScale, synthesize, bank }: CountedOptions): Promise<CountedSystem> {
  // As on AWS; local mode by itself writes no metrics.
  Object.assign(process.env, { LOG_LEVEL: "info", METRICS_NAMESPACE: "ConnectionJobs" });
  const recorder = awsRecorder();
  const watch = functionWatch(bank?.onUpstreamCall);
  const settings = readLocalSettings({
    PORT: "0",
    SANDBOX_PORT: "0",
    LOCAL_API_KEY: API_KEY,
    TIME_SCALE: String(timeScale),
    ...(bank !== undefined && { UPSTREAM_URL: bank.url, UPSTREAM_API_KEY: "sandbox" }),
  });
  let template: Template = { Resources: {} };
  const local = await startLocal(settings, {
    synthesize: async (context) => {
      template = await (synthesize ?? synthesizeApart)(context);
      return template;
    },
    around: (entry, event, run) => recorder.around(entry, event, () => watch.around(entry, event, run)),
  });
  await recorder.start();
  const sandboxUrl = bank?.url ?? local.sandboxUrl ?? "";
  return {
    local,
    template,
    target: { apiUrl: local.apiUrl, sandboxUrl, apiKey: API_KEY },
    recorder,
    watched: watch.invocations,
    async close() {
      await local.close();
      await recorder.close();
      watch.close();
      await bank?.close();
    },
  };
}
