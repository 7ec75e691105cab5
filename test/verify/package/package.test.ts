import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { ENTRY_METADATA } from "../../../infra/aws/entry-metadata.ts";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { linksOf, textOf } from "../../docs/pages.ts";
import { installPackage } from "./installed.ts";

const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Metadata: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.unknown()),
});

let app: Awaited<ReturnType<typeof installPackage>>;
beforeAll(async () => {
  app = await installPackage();
}, 240_000);
afterAll(() => app?.remove());

test("the package is the compiled construct, the bundles, the program for keys and the pages: no source, no test", () => {
  const kinds = app.packedFiles.map((path) =>
    path.replace(/^(dist\/(?:functions|infra|bundles)\/|docs\/).*/, "$1"),
  );
  expect([...new Set(kinds)].toSorted()).toEqual([
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "dist/bundles/",
    "dist/functions/",
    "dist/infra/",
    "dist/keys.mjs",
    "docs/",
    "package.json",
  ]);
  expect(app.packedFiles.filter((path) => /(?<!\.d)\.ts$|(^|\/)test\/|\.test\./.test(path))).toEqual([]);
});

test("every page that the packed README links to is packed too", () => {
  const linked = linksOf("README.md", textOf("README.md")).map(({ target }) => target);
  expect(linked).not.toEqual([]);
  expect(linked.filter((path) => !app.packedFiles.includes(path))).toEqual([]);
});

test("it brings nothing along but the CDK, which the app has", async () => {
  expect((await app.installed()).toSorted()).toEqual(["aws-cdk-lib", "connection-jobs", "constructs"]);
});

test("an empty CDK app type-checks with it and synthesizes", { timeout: 120_000 }, async () => {
  expect((await app.check("app.ts")).stdout).toBe("");
  const outdir = join(app.folder, "out");
  await app.synthesize(outdir);
  const { Resources, Outputs } = template.parse(
    JSON.parse(await readFile(join(outdir, "Banking.template.json"), "utf8")),
  );
  const entries = Object.values(Resources).flatMap(({ Metadata }) => Metadata[ENTRY_METADATA] ?? []);
  expect(entries.toSorted()).toEqual(entriesIn().filter((entry) => entry.startsWith("functions/")));
  expect(Object.keys(Outputs)).toEqual(["Url", "Api", "Table", "Workflow"]);
  const assets = (await readdir(outdir)).filter((name) => name.startsWith("asset."));
  expect(assets).toHaveLength(entries.length);
  for (const asset of assets) expect(await readdir(join(outdir, asset))).toEqual(["index.mjs"]);
});

test("its program for API keys runs on its own", async () => {
  const { stdout, stderr } = await app.program("connection-jobs-keys", "--help");
  expect(stdout + stderr).toMatch(/create .*list .*revoke/s);
});
