import { rmSync } from "node:fs";
import { constants } from "node:os";
import { emptyRunFolder } from "./folders.ts";
import { phase, say } from "./phase.ts";
import { prove } from "./prove.ts";
import { pythonPackages } from "./python-packages.ts";
import { Unavailable } from "./unavailable.ts";

/** Nothing was proved, and nothing is wrong. */
const UNAVAILABLE_EXIT_CODE = 75;
/** Whatever hangs is ended, and the proof is to be one that is run. The packages' first installation is not counted. */
const OVER_WITHIN_MS = 15 * 60_000;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
// npm passes a signal on to a shell that keeps it for itself.
const startedBy = process.ppid;
setInterval(() => process.ppid === startedBy || end(1, "Who started this has ended."), 500).unref();

const startedAt = performance.now();
try {
  const pythonPrograms = await phase("Python packages", pythonPackages);
  setTimeout(() => end(1, `Not over after ${OVER_WITHIN_MS / 60_000} minutes.`), OVER_WITHIN_MS).unref();
  const folder = emptyRunFolder();
  await prove(folder, pythonPrograms);
  rmSync(folder, { recursive: true, force: true });
  const seconds = (performance.now() - startedAt) / 1000;
  end(0, `${seconds.toFixed(1).padStart(6)} s  in all. The stack deploys, works and goes.`);
} catch (error) {
  if (error instanceof Unavailable) end(UNAVAILABLE_EXIT_CODE, `Not run. ${error.message}`);
  end(1, `${error instanceof Error ? error.message : error}\nWhat there is to read about it: .emulator/run`);
}

function end(exitCode: number, text: string): void {
  say(text);
  process.exit(exitCode);
}
