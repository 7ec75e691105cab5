import { basename, join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ROOT = join(import.meta.dirname, "../../..");

/** Its requests must read the records of banks, which functions cache for a minute. */
const FIRST = "upstream-faults.test.ts";

class OneOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const key = ({ moduleId }: TestSpecification) => `${basename(moduleId) !== FIRST} ${moduleId}`;
    return files.toSorted((one, other) => key(one).localeCompare(key(other)));
  }
}

/** For `run.ts`: the journeys against the deployment that the environment names, one file after the other. Those in `local` need local mode. */
export default defineConfig({
  root: ROOT,
  test: {
    include: [
      "test/journeys/*.test.ts",
      "test/verify/access/access.test.ts",
      "test/verify/clients/{client-trips,repeated-trips}.test.ts",
    ],
    pool: "forks",
    fileParallelism: false,
    sequence: { sequencer: OneOrder },
    setupFiles: ["test/verify/emulator/journeys-setup.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 600_000 } },
  },
});
