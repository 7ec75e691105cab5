import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLocalSettings } from "../../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../../infra/local/start-local.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { type Target, targetOf } from "../../journeys/target.ts";
import { awsRecorder } from "../support/aws-recorder.ts";
import { plainCanary } from "./canary.ts";
import { isOfStream, noteOutput, sinkBook } from "./canary-world.ts";

export type SmallWorld = Awaited<ReturnType<typeof startSmallWorld>>;

/** Local mode with a data directory and the sandbox as it is. Everything that it logs or sends is noted. */
export async function startSmallWorld(settings: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), "canaries-"));
  const apiKey = plainCanary("API key").text;
  const sandbox = await startSandbox({ port: 0, timeScale: Number(settings["TIME_SCALE"]) });
  process.env["LOG_LEVEL"] = "debug";
  const recorder = awsRecorder();
  const book = sinkBook();
  const restoreOutput = noteOutput(book);
  const started = readLocalSettings({
    PORT: "0",
    DATA_DIR: folder,
    LOCAL_API_KEY: apiKey,
    UPSTREAM_URL: sandbox.url,
    UPSTREAM_API_KEY: "sandbox",
    ...settings,
  });
  const system: LocalSystem = await startLocal(started, {
    around: async (entry, event, run) => {
      if (isOfStream(event)) book.add("records of the stream", JSON.stringify(event));
      return recorder.around(entry, event, run);
    },
  });
  await recorder.start();
  const close = async () => {
    restoreOutput();
    await system.close();
    await recorder.close();
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const target: Target = { ...targetOf(system), sandboxUrl: sandbox.url, apiKey };
  return { folder, book, recorder, sandboxUrl: sandbox.url, system, target, close };
}
