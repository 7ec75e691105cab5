import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ROOT = join(import.meta.dirname, "../../..");

/** Each of its requests is to ask for a bank's record, and functions remember those for a minute. */
const FIRST = "upstream-faults.test.ts";

/**
 * They look into local mode, make its functions fail, have an upstream or settings of their own, or wait for longer than a
 * deployment is fast. All others reach whatever target there is.
 */
const LOCAL_ONLY = [
  "cancel-leaves-nothing.test.ts",
  "deadlines.test.ts",
  "idempotency-kept.test.ts",
  "known-upstream.test.ts",
  "lockout-ends.test.ts",
  "log-lines.test.ts",
  "other-upstreams.test.ts",
  "queue-mfa-alone.test.ts",
  "queue-runs-by-itself.test.ts",
  "rate-limits-end.test.ts",
  "rate-limits.test.ts",
  "settings.test.ts",
];
const journeys = globSync("test/journeys/*.test.ts", { cwd: ROOT }).filter(
  (file) => !LOCAL_ONLY.includes(basename(file)),
);

class OneOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification) => `${basename(moduleId) !== FIRST} ${moduleId}`;
    return files.toSorted((one, other) => key(one).localeCompare(key(other)));
  }
}

/** For `run.ts`: the journeys against the deployment that the environment names, one file after the other. */
export default defineConfig({
  root: ROOT,
  test: {
    include: journeys,
    pool: "forks",
    fileParallelism: false,
    sequence: { sequencer: OneOrder },
    setupFiles: ["test/verify/emulator/journeys-setup.ts"],
    testTimeout: 90_000,
    hookTimeout: 90_000,
  },
});
