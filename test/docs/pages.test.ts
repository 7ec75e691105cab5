import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { DIAGRAM_COMMAND, DIAGRAM_FILE, diagrams, writtenDiagrams } from "../../docs/generate-diagrams.ts";
import { PHASES } from "../../functions/jobs/domain/job.ts";
import { TRANSITIONS } from "../../functions/jobs/domain/transitions.ts";
import { DEPLOYMENT_SETTINGS } from "../../infra/aws/settings.ts";
import { COMMANDS } from "../../infra/cli/commands.ts";
import { SETTINGS_OF_A_DEPLOYMENT } from "../../infra/local/local-settings.ts";
import {
  API_PAGE,
  CLIENT_PAGE,
  commandsOf,
  isDead,
  LOCAL_PAGES,
  linksOf,
  OPERATORS_PAGES,
  PAGES,
  RECEIVERS_PAGE,
  textOf,
} from "./pages.ts";

describe("commands", () => {
  /** Commands that neither local mode's test nor the emulator runs, and what runs them, or why nothing does. */
  const RUN_ELSEWHERE: { readonly [command: string]: string } = {
    "npm ci && npm start": "npm ci by .ci/run, the rest by test/verify/local-journeys/program.test.ts",
    "npm start": "test/verify/local-journeys/program.test.ts",
    "npm run connect": "test/verify/cli/terminal.test.ts",
    "npm run cli -- help": "test/verify/cli/page.test.ts",
    "npm run cli -- doctor": "test/verify/cli/page.test.ts",
    "connection-jobs keys create NAME": "test/verify/cli/commands.test.ts",
    "connection-jobs keys list": "test/verify/cli/commands.test.ts",
    "connection-jobs keys revoke ID": "test/infra/keys-usage.test.ts, without the word before keys",
    "npm run webhooks": "test/verify/webhooks/programs.test.ts",
    "npm install standardwebhooks": "npm ci",
    "npm run check": ".ci/run",
    "npm test": "npm run test:coverage, which .ci/run runs",
    "npm run test:coverage": ".ci/run",
    "npm run test:verify": ".ci/run",
    "npm run test:mutants -- name": ".ci/run, with one in ten of the names",
    "npm run test:fast": "a selection of npm test, which .ci/run runs",
    "npm run test:browser": ".ci/run",
    "npm run test:crashes": ".ci/run",
    "npm run test:canaries": ".ci/run",
    "npm run test:hostile": ".ci/run",
    "npm run test:package": ".ci/run",
    "npm run test:emulator": ".ci/run, each time one of its two halves",
    "npm run synth": ".ci/run",
    "npm run bench": "test/verify/bench counts the same; the figures of speed are taken by hand",
    "npm run upstream-webhooks -- subscribe": "test/verify/webhooks, in local mode",
    "npm run upstream-webhooks -- status": "test/verify/webhooks, in local mode",
    "npx cdk deploy -c upstreamVersion=3.0 -c upstreamWebhookSecret=connection-jobs/upstream-webhook":
      "by hand: the emulator has no aggregator that sends webhooks",
    "npm run bench:files": "by hand: it prints a count",
    "npm run bench:webhooks": "by hand: it prints measurements",
    "npm run bench:waits": "by hand: it prints measurements",
    "npx node test/verify/emulator/run.ts alarms": "by hand: it takes 12 to 15 minutes",
    "npx node test/verify/capacity/run.ts": "test/verify/capacity simulates a part of the same",
    "npx node test/verify/template/compare-templates.ts BEFORE AFTER":
      "test/verify/template/compare-templates.test.ts, on templates of its own",
    "npm pack --pack-destination ../your-app": "test/verify/package, into another folder",
    "cd ../your-app": "test/verify/package, in its own",
    "npm install ./connection-jobs-0.1.0.tgz": "test/verify/package",
    "npm install ./connection-jobs-0.1.0.tgz aws-cdk-lib constructs":
      "test/verify/package, with the versions of this project",
    "npm install --save-dev ./connection-jobs-0.1.0.tgz": "test/verify/package/testing.test.ts",
  };

  test("Every command of the pages is run in local mode, on the emulator, or where the list above says", () => {
    const all = commandsOf(PAGES);
    const local = commandsOf([...LOCAL_PAGES, RECEIVERS_PAGE, API_PAGE]).filter(
      (command) => !command.startsWith("npm "),
    );
    const elsewhere = Object.keys(RUN_ELSEWHERE);
    // test/verify/cli/commands.test.ts runs every command of the program.
    const ofProgram = Object.values(COMMANDS).map(({ usage }) => `connection-jobs ${usage}`);
    const run = new Set([...local, ...commandsOf(OPERATORS_PAGES), ...ofProgram, ...elsewhere]);
    expect(all.filter((command) => !run.has(command))).toEqual([]);
    expect([...ofProgram, ...elsewhere].filter((command) => !all.includes(command))).toEqual([]);
    expect(PAGES.filter((page) => commandsOf([page]).length === 0)).toEqual([]);
  });

  test("The app that docs/embed.md shows is the app that the package is tried with", () => {
    const [, block] = /```ts\n(.+?)```/s.exec(textOf("docs/embed.md")) ?? [];
    expect(block).toBe(textOf("test/verify/package/app.ts"));
  });

  test("The program that docs/client.md shows first is the program that the package is tried with", () => {
    const [, block] = /```ts\n(.+?)```/s.exec(textOf(CLIENT_PAGE)) ?? [];
    expect(block).toBe(textOf("test/verify/package/connect.ts"));
  });
});

describe("settings", () => {
  const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  /** The names in the first column of the tables of a page. */
  const settingsIn = (page: string) =>
    textOf(page)
      .split("\n")
      .flatMap((line) => (line.startsWith("| `") ? named(line.split("|")[1] ?? "") : []));

  test("docs/deploy.md has a row for every setting of a deployment", () => {
    const rows = settingsIn("docs/deploy.md");
    expect(Object.keys(DEPLOYMENT_SETTINGS).filter((name) => !rows.includes(name))).toEqual([]);
  });

  test("docs/local.md has a row for every such setting that local mode takes as a variable", () => {
    const rows = settingsIn("docs/local.md");
    const variables = Object.keys(SETTINGS_OF_A_DEPLOYMENT);
    expect([...variables, "PUBLIC_URL"].filter((name) => !rows.includes(name))).toEqual([]);
  });
});

test("The README has at most 120 lines", () => {
  expect(textOf("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

describe("links", () => {
  const inDocs = readdirSync(new URL("../../docs", import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name));
  const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs];
  const isDecision = (page: string) => dirname(page) === "docs/decisions";

  test("No page has a dead relative link", () => {
    const dead = pages.flatMap((page) => linksOf(page, textOf(page)).filter(isDead));
    expect(dead.map(({ page, written }) => `${page}: ${written}`)).toEqual([]);
  });

  test("Each decision has a link from a page that is no decision", () => {
    const outside = pages.filter((page) => !isDecision(page));
    const linked = new Set(
      outside.flatMap((page) => linksOf(page, textOf(page))).map(({ target }) => target),
    );
    const decisions = pages.filter(isDecision);
    expect(decisions).not.toEqual([]);
    expect(decisions.filter((page) => !linked.has(page))).toEqual([]);
  });

  test.each([
    ["a missing file", "[a](docs/nowhere.md)", true],
    ["a missing heading", "[a](docs/design.md#nowhere)", true],
    ["a missing heading of the same page", "[a](#nowhere)", true],
    ["a place outside of the project", "[a](../elsewhere.md)", true],
    ["a heading", "[a](docs/design.md#where-things-are)", false],
    ["a folder", "[a](docs/decisions)", false],
    ["an address", "[a](https://example.com/nowhere)", false],
    ["code", "`[a](nowhere.md)`", false],
  ])("The check of a link to %s: %s is dead: %s", (_, text, expected) => {
    expect(linksOf("README.md", text).some(isDead)).toBe(expected);
  });
});

describe("diagrams", () => {
  const generated = diagrams();
  const edges = generated.split("\n").filter((line) => line.includes("-->"));

  test("The diagrams in the docs are those of the code", () => {
    expect(writtenDiagrams(), `${DIAGRAM_FILE} is out of date: run \`${DIAGRAM_COMMAND}\`.`).toBe(generated);
    expect(new Set(edges).size).toBe(edges.length);
  });

  test.each(Object.entries(TRANSITIONS))(
    "%s has an arrow from each phase, or a sentence",
    (event, { from, to }) => {
      const arrows = edges.filter((edge) => edge.endsWith(`: ${event}`));
      const sentence = generated.split("\n").find((line) => line.startsWith(`Not drawn: \`${event}\``)) ?? "";
      const named = PHASES.filter((phase) => sentence.split(/[ ,.:]+/).includes(phase));
      if (to === "unchanged") expect([arrows, named.toSorted()]).toEqual([[], [...from].toSorted()]);
      else expect([arrows.length, sentence]).toEqual([from.length, ""]);
    },
  );
});
