import { freePorts, type LocalMode, startLocalMode, temporaryDirectory } from "./local-mode.ts";

/** Starts local mode on the same ports and the same directory each time. */
export async function manyLives(timeScale: number): Promise<() => Promise<LocalMode>> {
  const [PORT = "", SANDBOX_PORT = ""] = await freePorts(2);
  const TIME_SCALE = String(timeScale);
  const variables = { PORT, SANDBOX_PORT, TIME_SCALE, LOG_LEVEL: "debug", DATA_DIR: temporaryDirectory() };
  return () => startLocalMode(variables);
}
