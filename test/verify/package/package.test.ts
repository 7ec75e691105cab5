import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { linksOf, textOf } from "../../docs/pages.ts";
import { nodeOf } from "./node-of.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** As a company's own app is checked. */
const TSC = [
  "--target",
  "ES2024",
  "--module",
  "NodeNext",
  "--strict",
  "--skipLibCheck",
  "--noEmit",
  "app.ts",
];

const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });
const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Metadata: z.record(z.string(), z.unknown()).default({}),
      Properties: z.unknown(),
    }),
  ),
  Outputs: z.record(z.string(), z.unknown()),
});

const codeOf = z.object({ Code: z.object({ S3Key: z.string() }) });

/** Deployed only with the secret of the aggregator's webhooks, which the app does not have. */
const FOR_UPSTREAM_WEBHOOKS = "functions/webhooks/upstream/fetch-events.lambda.ts";

let folder = "";
const { archive, files: packedFiles } = inject("packed");

/** Runs a program in the folder of the app. */
const run = (program: string, args: string[], env = {}) =>
  promisify(execFile)(program, args, { cwd: folder, env: { ...process.env, ...env } });

/** An empty CDK app in a folder of its own, with the package as `npm pack` makes it. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "connection-jobs-app-"));
  const { devDependencies } = manifest.parse(JSON.parse(textOf("package.json")));
  const cdk = ["aws-cdk-lib", "constructs"].map((name) => `${name}@${devDependencies[name]}`);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await copyFile(join(import.meta.dirname, "app.ts"), join(folder, "app.ts"));
  const quietly = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  await run("npm", ["install", ...quietly, archive, ...cdk]);
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the package is the compiled construct, the bundles, the programs, the client, the test system and the pages: no source, no test", () => {
  const kinds = packedFiles.map((path) =>
    path.replace(/^(dist\/(?:client|functions|infra|bundles|testing)\/|docs\/).*/, "$1"),
  );
  expect([...new Set(kinds)].toSorted()).toEqual([
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "dist/bundles/",
    "dist/cli.mjs",
    "dist/client.js",
    "dist/client/",
    "dist/functions/",
    "dist/infra/",
    "dist/keys.mjs",
    "dist/testing/",
    "docs/",
    "package.json",
  ]);
  expect(packedFiles.filter((path) => /(?<!\.d)\.c?ts$|(^|\/)test\/|\.test\./.test(path))).toEqual([]);
});

test("every page that the packed README links to is packed too", () => {
  const linked = linksOf("README.md", textOf("README.md")).map(({ target }) => target);
  expect(linked).not.toEqual([]);
  expect(linked.filter((path) => !packedFiles.includes(path))).toEqual([]);
});

test("the package installs no dependency but the CDK, which the app has", async () => {
  const installed = (await readdir(join(folder, "node_modules"))).filter((name) => /^\w/.test(name));
  expect(installed.toSorted()).toEqual(["aws-cdk-lib", "connection-jobs", "constructs"]);
});

test("an empty CDK app with the package type-checks and synthesizes", { timeout: 600_000 }, async () => {
  expect((await run(join(ROOT, "node_modules/.bin/tsc"), TSC)).stdout).toBe("");
  const outdir = join(folder, "out");
  await run(process.execPath, ["app.ts"], { CDK_OUTDIR: outdir });
  const { Resources, Outputs } = template.parse(
    JSON.parse(await readFile(join(outdir, "Banking.template.json"), "utf8")),
  );
  const entries = Object.values(Resources).flatMap(({ Metadata }) => Metadata[ENTRY_METADATA] ?? []);
  const ofFunctions = entriesIn().filter((entry) => entry.startsWith("functions/"));
  expect(entries.toSorted()).toEqual(ofFunctions.filter((entry) => entry !== FOR_UPSTREAM_WEBHOOKS));
  expect(Object.keys(Outputs)).toEqual(["Url", "Api", "Table", "Workflow"]);
  const assets = (await readdir(outdir)).filter((name) => name.startsWith("asset."));
  expect(assets).toHaveLength(entries.length);
  for (const asset of assets) expect(await readdir(join(outdir, asset))).toEqual(["index.mjs"]);
});

test("an app that brands its pages deploys the brand beside the bundles of the functions that show pages", async () => {
  await copyFile(join(ROOT, "test/verify/page/brand/logo.svg"), join(folder, "logo.svg"));
  await mkdir(join(folder, "texts"));
  const texts = { refusals: { "session-not-valid": { title: "Start again in Hooli" } } };
  await writeFile(join(folder, "texts/en.json"), JSON.stringify(texts));
  const app = await readFile(join(folder, "app.ts"), "utf8");

  /** Synthesizes the app, and returns the folder of each function that has a brand. */
  async function brandedWith(colour: string): Promise<Map<string, string>> {
    const options = `pageLogo: "logo.svg", pageTexts: "texts", pageColour: "${colour}",`;
    await writeFile(join(folder, "branded.ts"), app.replace("retentionDays: 30,", options));
    const outdir = join(folder, `out-${colour}`);
    await run(process.execPath, ["branded.ts"], { CDK_OUTDIR: outdir });
    const text = await readFile(join(outdir, "Banking.template.json"), "utf8");
    expect(text).not.toContain("PAGE_BRAND");
    const folders = new Map<string, string>();
    for (const { Metadata, Properties } of Object.values(template.parse(JSON.parse(text)).Resources)) {
      const { [ENTRY_METADATA]: entry } = Metadata;
      if (typeof entry !== "string") continue;
      const asset = join(outdir, `asset.${codeOf.parse(Properties).Code.S3Key.replace(".zip", "")}`);
      if ((await readdir(asset)).includes("brand.json")) folders.set(entry, asset);
    }
    return folders;
  }

  const folders = await brandedWith("#3f6fb5");
  expect([...folders.keys()].toSorted()).toEqual([
    "functions/links/api/consent-return.lambda.ts",
    "functions/links/api/open-link.lambda.ts",
    "functions/page/connect-changes.lambda.ts",
    "functions/page/connect-page.lambda.ts",
  ]);
  // CloudFormation deploys a function again only if the name of its package changes.
  const namesOf = (found: Map<string, string>) => [...found.values()].map((path) => basename(path));
  const others = namesOf(await brandedWith("#c2410c"));
  expect(namesOf(folders).filter((name) => others.includes(name))).toEqual([]);

  const event = {
    rawPath: "/connect/jobs/none/changes",
    headers: { "accept-language": "en" },
    requestContext: { http: { method: "GET" } },
  };
  const program = `const { handler } = await import("./index.mjs");
console.log((await handler(${JSON.stringify(event)})).body);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: folders.get("functions/page/connect-changes.lambda.ts"),
    env: { AWS_REGION: "us-east-1", API_URL: "https://api.example", JOBS_TABLE: "jobs", LOG_LEVEL: "error" },
  });
  expect(stdout).toContain("<h1>Start again in Hooli</h1>");
  expect(stdout).toContain('<img src="data:image/svg+xml;base64,');
  expect(stdout).toContain("--accent:#3f6fb5");
});

test("the program for API keys of the package runs", async () => {
  const { stdout, stderr } = await run(join(folder, "node_modules/.bin/connection-jobs-keys"), ["--help"]);
  expect(stdout + stderr).toMatch(/create .*list .*revoke/s);
});

test("the program connection-jobs of the package runs, and says in one line that no local mode answers", async () => {
  const program = join(folder, "node_modules/.bin/connection-jobs");
  expect((await run(program, ["help"])).stdout).toContain("connect [INSTITUTION] --user ID");
  await expect(run(program, ["watch", "a", "--local"], { PORT: "9" })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No local mode answers"),
  });
});

test.each(["20", "24"])(
  "the programs of the package say in one line on Node.js %s what lacks",
  async (major) => {
    const node = await nodeOf(major, folder);
    const nowhere = {
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      AWS_CONFIG_FILE: join(folder, "none"),
    };
    for (const program of [["cli.mjs", "keys"], ["keys.mjs"]]) {
      const [file = "", ...words] = program;
      const path = join(folder, "node_modules/connection-jobs/dist", file);
      await expect(run(node, [path, ...words, "list"], nowhere)).rejects.toMatchObject({
        code: 1,
        stderr: "No AWS region is set: AWS_REGION says which.\n",
      });
    }
  },
);
