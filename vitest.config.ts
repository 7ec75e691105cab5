import { defineConfig } from "vitest/config";

/** Installs what `npm pack` makes: `npm run test:package`. */
const OF_THE_PACKAGE = "test/package/**/*.test.ts";

/** Local mode starts once per process: the functions keep what they made at their first call. */
const NEED_A_PROCESS_OF_THEIR_OWN = [
  "test/journeys/**/*.test.ts",
  "test/local/**/*.test.ts",
  "test/bench/*-counts.test.ts",
];

/** Dozens of jobs at once whose waits are short, and local mode killed again and again: `npm run test:crashes`. */
const OF_CRASHES = ["test/crashes/**/*.test.ts", "test/process/kills*.test.ts"];

/** Behaviour that the deployed sandbox has in another way: it has no file, no socket and no process. */
const ABOUT_THE_PROGRAM = ["data-file", "resets", "server"].map((name) => `test/sandbox/${name}.test.ts`);

/** Secrets through every journey, then every sink searched for them: `npm run test:canaries`. */
const OF_CANARIES = "test/canaries/**/*.suite.test.ts";

/** Requests and replies that mean harm: `npm run test:hostile`. */
const OF_HOSTILITY = "test/hostile/**/*.suite.test.ts";

/** Local mode in a process of its own, on the template that the files of a run share. */
const LOCAL_MODE = { isolate: true, globalSetup: ["test/journeys/synthesize-once.ts"] };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    // They end what hangs. No test may depend on how fast the machine is.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: "journeys",
          include: NEED_A_PROCESS_OF_THEIR_OWN,
          ...LOCAL_MODE,
        },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: ["test/**/*.test.ts"],
          exclude: [...NEED_A_PROCESS_OF_THEIR_OWN, ...OF_CRASHES, OF_CANARIES, OF_HOSTILITY, OF_THE_PACKAGE],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "crashes",
          include: OF_CRASHES,
          ...LOCAL_MODE,
        },
      },
      // It synthesizes for itself, while its canaries stand in the environment.
      { extends: true, test: { name: "canaries", include: [OF_CANARIES], isolate: true } },
      { extends: true, test: { name: "hostile", include: [OF_HOSTILITY], ...LOCAL_MODE } },
      { extends: true, test: { name: "package", include: [OF_THE_PACKAGE] } },
      {
        extends: true,
        test: {
          name: "deployed-sandbox",
          include: ["test/sandbox/*.test.ts"],
          exclude: ABOUT_THE_PROGRAM,
          isolate: false,
          provide: { sandbox: "deployed" },
        },
      },
    ],
    reporters: ["default", ["json", { outputFile: "coverage/test-report.json" }]],
    coverage: {
      provider: "v8",
      include: ["functions/**/*.ts", "infra/**/*.ts", "sandbox/**/*.ts"],
      // Programs: they run in processes of their own, which this coverage does not see.
      exclude: ["**/main.ts", "infra/app.ts", "infra/local/template/print-template.ts", "**/*.d.ts"],
      reporter: ["text-summary", "json-summary"],
      thresholds: { statements: 90, branches: 90, functions: 90, lines: 90 },
    },
  },
});
