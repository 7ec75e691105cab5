import { sleepWith } from "../../functions/platform/clock.ts";
import type { LoadEntry } from "../local/function-host.ts";
import { startLocal } from "../local/start-local.ts";
import { sandboxControls } from "./sandbox-controls.ts";
import { type SystemSettings, variablesOf } from "./system-settings.ts";
import { loadTemplate, templateWith } from "./templates.ts";
import type { TestClock } from "./test-clock.ts";

/** Safe as a fixed value: the API listens on loopback only, for as long as the test runs. */
const API_KEY = "test-system-key";

/** These functions wait for what other functions change, so their waits must not move the time. */
const WATCHING = /\b((job|connect)-changes|look-at-banks)\.lambda\.ts$/;

const WRITES = /\.(PutItem|UpdateItem|DeleteItem)$/;

export interface RunOptions {
  settings: SystemSettings & { connect: "direct" | "consent-ui" };
  clock: TestClock;
  /** The file of the package's templates, which need not exist. */
  templates: URL;
  loadEntry: LoadEntry;
}

/** Runs the whole system in this thread, in memory, on free ports of 127.0.0.1 and with the time of the clock. */
export async function runSystem({ settings, clock, templates, loadEntry }: RunOptions) {
  sleepWith((milliseconds) => clock.sleep(milliseconds));
  const { upstreamVersion, connect } = settings;
  const template = await loadTemplate(
    templates,
    upstreamVersion === "3.0" ? "withUpstreamWebhooks" : "plain",
  );
  const system = await startLocal(
    {
      ...{ port: 0, sandboxPort: 0, dataDir: undefined, apiKey: API_KEY, timeScale: 1, demonstrates: false },
      ...{ connect, upstream: undefined, publicUrl: undefined, webhookUrl: undefined },
      deployment: { upstreamVersion },
    },
    {
      loadEntry,
      synthesize: async ({ upstreamUrl }) => templateWith(template, upstreamUrl, variablesOf(settings)),
      around: (entry, event, run) => clock.invoke(WATCHING.test(entry), () => run(event)),
      delay: clock.delay,
      rest: clock.restOfLoop(),
      duringRequest({ target, text }, work) {
        if (WRITES.test(target)) clock.wrote(text);
        return clock.during(work);
      },
    },
  );
  const { apiUrl, sandboxUrl = "" } = system;
  // A function looks every minute at the banks for which jobs wait, and no row names the time at which a bank is back.
  const changed = () => clock.wrote(new Date(clock.now()).toISOString());
  return { apiUrl, sandboxUrl, apiKey: API_KEY, controls: sandboxControls(sandboxUrl, changed) };
}
