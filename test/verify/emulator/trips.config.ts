import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** For `pages.ts`: tests against a deployment whose aggregator is the sandbox that is deployed with it. */
export default defineConfig({
  root: join(import.meta.dirname, "../../.."),
  test: {
    include: ["test/verify/clients/client-trips.test.ts", "test/verify/links/consent-way.test.ts"],
    setupFiles: ["test/verify/emulator/localhost-names.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 600_000 } },
  },
});
