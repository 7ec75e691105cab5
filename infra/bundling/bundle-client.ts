import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";

const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The client runs in browsers, workers and React Native too, so its bundle may need nothing of Node. */
export const CLIENT_BUNDLING = {
  absWorkingDir: PROJECT_ROOT,
  entryPoints: ["client/client.ts"],
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
} as const satisfies BuildOptions;

/** Writes the client as one file that people can read. */
export async function bundleClient(outfile: string): Promise<void> {
  await build({ ...CLIENT_BUNDLING, outfile, logLevel: "warning" });
}
