import { defineConfig } from "vitest/config";

/** Proof that takes minutes. `npm run test:verify` runs what has no command of its own. */
const OF_PROOF = "test/verify/**/*.test.ts";

/** Proof that needs neither local mode nor a process of its own. A test system has a thread of its own. */
const OF_PARTS = [
  "test/verify/{deployed-sandbox,mutants,template}/**/*.test.ts",
  "test/verify/hostile/tools.test.ts",
  "test/verify/testing-kit/system.test.ts",
  "test/verify/webhooks/python.test.ts",
];

/** Proof that takes seconds. `npm test` runs it, and its coverage counts. */
const OF_QUICK_PARTS = [
  "test/verify/{adopt/parts,aggregator,capacity/parts,changes,cli/parts,client/parts,consent-ui,docs,institutions/parts,links/parts,local-aws,page/parts,queue/parts,webhooks/parts}/**/*.test.ts",
  "test/verify/testing-kit/{clock,settings}.test.ts",
  "test/verify/webhooks/{cached-secrets,replies,ssrf,tls}.test.ts",
];

/** Proof of links, of the page and of adopted jobs, whose coverage counts. `npm run test:coverage` runs it. */
const OF_PAGES = "test/verify/{adopt,links,page}/*.test.ts";

/** Tests in a real browser. Run with `npm run test:browser`. */
const OF_THE_BROWSER = "test/verify/browser/**/*.test.ts";

/** Tests that install the package that `npm pack` creates. Run with `npm run test:package`. */
const OF_THE_PACKAGE = "test/verify/package/**/*.test.ts";

/**
 * Each file needs its own process: local mode can start only once per process, because the functions cache clients and
 * settings after their first call.
 */
const NEED_A_PROCESS_OF_THEIR_OWN = [
  "test/journeys/**/*.test.ts",
  "test/verify/cli/commands.test.ts",
  "test/verify/local-journeys/demonstration.test.ts",
  "test/verify/webhooks/upstream-notifications.test.ts",
];

/** Files of the proof that `.ci/run` leaves out this time, such as `cli/terminal,access/access`. */
const LEFT_OUT = (process.env["LEFT_OUT"]?.split(",") ?? []).map((name) => `test/verify/${name}.test.ts`);

/** Tests that end processes at each of their effects, and kill local mode again and again. Run with `npm run test:crashes`. */
const OF_CRASHES = "test/verify/crashes/**/*.test.ts";

/** Tests that send secrets through every journey and search every output for them. Run with `npm run test:canaries`. */
const OF_CANARIES = "test/verify/canaries/**/*.suite.test.ts";

/** Tests with malicious requests and replies. Run with `npm run test:hostile`. */
const OF_HOSTILITY = "test/verify/hostile/**/*.suite.test.ts";

/** On a busy machine, time passes more slowly for these tests and for what they start. */
const setupFiles = ["test/journeys/patient-clock.ts"];

/** Each file runs local mode in its own process. All files of a run share one template. */
const LOCAL_MODE = { isolate: true, setupFiles, globalSetup: ["test/journeys/synthesize-once.ts"] };

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    // The time-outs only end tests that hang. No test may depend on the speed of the machine.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 600_000 } },
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
          exclude: [...NEED_A_PROCESS_OF_THEIR_OWN, OF_PROOF],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "verify",
          include: [OF_PROOF],
          exclude: [
            ...NEED_A_PROCESS_OF_THEIR_OWN,
            ...OF_PARTS,
            ...OF_QUICK_PARTS,
            OF_PAGES,
            OF_CRASHES,
            OF_CANARIES,
            OF_HOSTILITY,
            OF_THE_PACKAGE,
            OF_THE_BROWSER,
            ...LEFT_OUT,
          ],
          ...LOCAL_MODE,
        },
      },
      { extends: true, test: { name: "pages", include: [OF_PAGES], ...LOCAL_MODE } },
      { extends: true, test: { name: "verify-parts", include: OF_PARTS, isolate: false } },
      { extends: true, test: { name: "quick-parts", include: OF_QUICK_PARTS, isolate: false } },
      {
        extends: true,
        test: {
          name: "crashes",
          include: [OF_CRASHES],
          ...LOCAL_MODE,
        },
      },
      // These tests do not share the template: they synthesize it themselves, while their canaries are in the environment.
      { extends: true, test: { name: "canaries", include: [OF_CANARIES], isolate: true, setupFiles } },
      { extends: true, test: { name: "hostile", include: [OF_HOSTILITY], ...LOCAL_MODE } },
      {
        extends: true,
        test: {
          name: "browser",
          include: [OF_THE_BROWSER],
          isolate: true,
          setupFiles,
          globalSetup: ["test/verify/browser/need-chromium.ts", ...LOCAL_MODE.globalSetup],
        },
      },
      {
        extends: true,
        test: {
          name: "package",
          include: [OF_THE_PACKAGE],
          globalSetup: ["test/verify/package/pack-once.ts"],
        },
      },
      // Other projects run these tests on the sandbox as a program, and this project on the sandbox as a function.
      {
        extends: true,
        test: {
          name: "deployed-sandbox",
          include: ["test/sandbox/*.test.ts", "test/verify/consent-ui/*.test.ts"],
          isolate: false,
          provide: { sandbox: "deployed" },
        },
      },
    ],
    reporters: ["default", ["json", { outputFile: "coverage/test-report.json" }]],
    coverage: {
      provider: "v8",
      include: ["client/**/*.ts", "functions/**/*.ts", "infra/**/*.ts", "sandbox/**/*.ts"],
      // These programs run in their own processes, or in a browser, which this coverage does not measure.
      exclude: [
        "functions/page/in-browser.ts",
        "**/main.ts",
        "infra/webhooks/**",
        "infra/app.ts",
        "infra/local/template/print-template.ts",
        // A test system runs in a thread of its own, which this coverage does not measure either.
        "infra/testing/{fill-in-node-20,run-system,sandbox-controls,show-time,start-test-system,worker}.ts",
        "**/*.d.ts",
      ],
      reporter: ["text-summary", "json-summary"],
      thresholds: { statements: 90, branches: 90, functions: 90, lines: 90 },
    },
  },
});
