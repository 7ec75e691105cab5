import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../infra/local/start-local.ts";
import { synthesizeApart } from "../../../infra/local/template/template.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { awsRecorder } from "../../support/aws-recorder.ts";
import { canaryClient } from "./canary-client.ts";
import { canaryRegister } from "./canary-register.ts";
import { deaths } from "./deaths.ts";
import { echoingUpstream } from "./echoing-upstream.ts";
import { errorSink } from "./error-sink.ts";
import { exchangingUpstream } from "./exchanging-upstream.ts";
import { metTroubles } from "./met-troubles.ts";
import { overhearOutput } from "./overheard-output.ts";
import { sinkBook } from "./sink-book.ts";

/** Waits of a minute take 7.5 s. */
export const TIME_SCALE = 8;
/** Bank steps of 2 s take half a second, and a challenge of 2 minutes 30 s: enough for an answer on a machine that is busy. */
const BANK_TIME_SCALE = 4;
/** A job that upstream never ends is over after half a minute. */
const FOLLOW_LIMIT_MINUTES = 4;

/** The whole system with a data directory, where everything that is said anywhere is noted. */
export async function startCanaryWorld() {
  const folder = mkdtempSync(join(tmpdir(), "canaries-"));
  const register = canaryRegister();
  const book = sinkBook();
  const apiKey = register.header("API key");
  const upstreamApiKey = register.header("API key of upstream");
  register.toArrive(upstreamApiKey);
  // A synthesis that takes its settings from here would write them down.
  const environment = {
    LOG_LEVEL: "debug",
    METRICS_NAMESPACE: "Canaries",
    LOCAL_API_KEY: apiKey,
    UPSTREAM_API_KEY: upstreamApiKey,
  };
  Object.assign(process.env, environment);

  // Without a file: it would write all that it knows at each call.
  const sandbox = await startSandbox({ port: 0, timeScale: BANK_TIME_SCALE });
  const echoing = echoingUpstream();
  const troubles = metTroubles();
  const upstream = await exchangingUpstream({
    sandboxUrl: sandbox.url,
    originalOf: register.originalOf,
    meet: (call, perform) => echoing.meet(call, () => troubles.around(call, perform)),
    gives: (token) => register.made("access token of upstream", token),
  });
  const dying = deaths();
  const recorder = awsRecorder();
  const giveBack = overhearOutput(book);
  const system: LocalSystem = await startLocal(
    readLocalSettings({
      PORT: "0",
      DATA_DIR: folder,
      LOCAL_API_KEY: apiKey,
      TIME_SCALE: String(TIME_SCALE),
      UPSTREAM_URL: upstream.url,
      UPSTREAM_API_KEY: upstreamApiKey,
    }),
    {
      synthesize: async (context) => {
        const settings = { ...context, logLevel: "debug", followLimitMinutes: FOLLOW_LIMIT_MINUTES };
        const template = await synthesizeApart(settings);
        book.add("template", JSON.stringify(template));
        const withSandbox = await synthesizeApart(settings, "sandbox");
        book.add("template with the sandbox", JSON.stringify(withSandbox));
        return template;
      },
      around: async (entry, event, run) => {
        const taskToken: unknown = Reflect.get(Object(event), "taskToken");
        if (typeof taskToken === "string") register.made("task token", taskToken);
        try {
          return await recorder.around(entry, event, (given) => dying.around(entry, given, run));
        } catch (error) {
          book.add("errors that leave a function", String(errorSink("", error).content));
          throw error;
        }
      },
    },
  );
  await recorder.start();

  return {
    folder,
    register,
    book,
    apiKey,
    sandboxUrl: sandbox.url,
    echoing,
    troubles,
    dying,
    recorder,
    system,
    arrived: upstream.arrived,
    client: canaryClient({ apiUrl: system.apiUrl, apiKey, book, register }),
    async institution(id: string, condition: object): Promise<void> {
      await control(sandbox.url, `institutions/${id}`, condition);
    },
    faults: (list: readonly object[]) => control(sandbox.url, "faults", list),
    async close(): Promise<void> {
      giveBack();
      await system.close();
      await recorder.close();
      await upstream.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type CanaryWorld = Awaited<ReturnType<typeof startCanaryWorld>>;

async function control(sandboxUrl: string, path: string, body: unknown): Promise<void> {
  const init = { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const { ok, status } = await fetch(`${sandboxUrl}/_control/${path}`, init);
  if (!ok) throw new Error(`The sandbox's control side answered ${status}.`);
}
