import { handler as sweep } from "../../../functions/jobs/workflow/sweep.lambda.ts";
import type { Around } from "../../../infra/local/function-host.ts";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, type StartOptions, startLocal } from "../../../infra/local/start-local.ts";
import { synthesizeApart, type Template } from "../../../infra/local/template/template.ts";
import type { Target } from "../../journeys/target.ts";
import { type AwsRecorder, awsRecorder } from "../../support/aws-recorder.ts";
import { withoutSchedules } from "./counted-template.ts";
import { functionWatch, type WatchedInvocation } from "./function-watch.ts";
import type { PacedBank } from "./paced-bank.ts";

export interface CountedSystem {
  local: LocalSystem;
  template: Template;
  target: Target;
  recorder: AwsRecorder;
  /** In the order of the recorder's invocations. */
  watched: readonly WatchedInvocation[];
  /** Runs the sweeper, which its schedule does not here. */
  sweep(): Promise<unknown>;
  close(): Promise<void>;
}

export interface CountedOptions {
  timeScale: number;
  synthesize?: NonNullable<StartOptions["synthesize"]>;
  /** Instead of local mode's own sandbox. */
  bank?: PacedBank;
  /** Around all that is counted of an invocation. */
  around?: Around;
}

const API_KEY = "bench-api-key";
const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";

/** Local mode on free ports, with everything that its functions do written down. Once per process. */
export async function startCounted(options: CountedOptions): Promise<CountedSystem> {
  const { timeScale, synthesize, bank } = options;
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
  const counted: Around = (entry, event, run) =>
    recorder.around(entry, event, () => watch.around(entry, event, run));
  const around = options.around ?? ((_, event, run) => run(event));
  const local = await startLocal(settings, {
    synthesize: async (context) => {
      template = await (synthesize ?? synthesizeApart)(context);
      return withoutSchedules(template);
    },
    around: (entry, event, run) => around(entry, event, (given) => counted(entry, given, run)),
  });
  await recorder.start();
  const sandboxUrl = bank?.url ?? local.sandboxUrl ?? "";
  return {
    local,
    template,
    target: { apiUrl: local.apiUrl, sandboxUrl, apiKey: API_KEY },
    recorder,
    watched: watch.invocations,
    sweep: () => counted(SWEEP, {}, () => sweep()),
    async close() {
      await local.close();
      await recorder.close();
      watch.close();
      await bank?.close();
    },
  };
}
