import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Local mode starts once per worker: the functions keep what they made at their first call.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ["default", ["json", { outputFile: "coverage/test-report.json" }]],
    coverage: {
      provider: "v8",
      include: ["functions/**/*.ts", "infra/**/*.ts", "sandbox/**/*.ts"],
      // Programs: they run in processes of their own, which this coverage does not see.
      exclude: ["**/main.ts", "infra/app.ts", "infra/local/print-template.ts", "**/*.d.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { statements: 90, branches: 90, functions: 90, lines: 90 },
    },
  },
});
