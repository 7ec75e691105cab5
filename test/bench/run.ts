import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleEntries } from "../../infra/bundling/bundle-entries.ts";
import { type BundleFigures, bundleFigures } from "./bundle-figures.ts";
import { brokenBudgets, kindFigures } from "./kind-figures.ts";
import { measureApart } from "./measure-apart.ts";
import { pageOf } from "./page.ts";

/** Writes the page, prints it, and ends with 1 when a job of ours is over its budget. */
async function main(): Promise<void> {
  const ours = await measureApart("ours");
  const poller = await measureApart("poller");
  const figures = kindFigures("ours", ours.counted);
  const columns = [...figures, ...kindFigures("poller", poller.counted)];
  const delays = [ours, poller].flatMap((measured) => Object.values(measured.delays));
  const page = pageOf({
    columns,
    delays: new Map(columns.map(({ title }, index) => [title, delays[index] ?? []])),
    bundles: await builtBundles(),
    resources: ours.counted.resources,
  });
  writeFileSync(new URL("../../docs/bench.md", import.meta.url), page);
  process.stdout.write(page);
  const broken = brokenBudgets(figures);
  process.stdout.write(
    broken.length === 0 ? "\nWithin the budgets.\n" : `\nOver budget:\n${broken.join("\n")}\n`,
  );
  process.exitCode = broken.length === 0 ? 0 : 1;
}

async function builtBundles(): Promise<BundleFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), "connection-jobs-bundles-"));
  try {
    await bundleEntries({ outdir: folder });
    return await bundleFigures(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
