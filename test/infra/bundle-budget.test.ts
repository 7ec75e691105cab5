import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundleEntries, entriesIn } from "../../infra/bundling/bundle-entries.ts";
import { bytesAlone, sdkUsedBy } from "./sdk-alone.ts";

/** A bundle may be as large as this many bundles of nothing but the parts of the AWS SDK that it uses. */
const MAX_OF_SDK_ALONE = 1.15;
/** For an entry that uses no SDK. To read a request and refuse it takes 23 kB. */
const MAX_BYTES_WITHOUT_SDK = 32_000;

const outdir = mkdtempSync(join(tmpdir(), "bundle-budget-"));
afterAll(() => rmSync(outdir, { recursive: true }));

const { outputs } = await bundleEntries({ outdir });
const bundles = await Promise.all(entriesIn().map(measure));

async function measure(entry: string) {
  const output = Object.values(outputs).find(({ entryPoint }) => entryPoint === entry);
  const use = await sdkUsedBy(entry);
  const alone = Object.keys(use).length === 0 ? undefined : await bytesAlone(use);
  const budget = alone === undefined ? MAX_BYTES_WITHOUT_SDK : Math.floor(MAX_OF_SDK_ALONE * alone);
  return { entry, use, bytes: output?.bytes ?? Number.NaN, alone, budget };
}

function row(entry: string, ...cells: (string | number)[]): string {
  return entry.padEnd(45) + cells.map((cell) => String(cell).padStart(9)).join("");
}

test("the bundles are measured, each against the parts of the SDK that it uses", () => {
  const rows = bundles.map(({ entry, bytes, alone, budget }) =>
    row(entry, bytes, alone ?? "-", alone === undefined ? "-" : (bytes / alone).toFixed(3), budget - bytes),
  );
  process.stdout.write(`${[row("", "bytes", "alone", "ratio", "left"), ...rows].join("\n")}\n`);
  const used = Object.fromEntries(bundles.map(({ entry, use }) => [entry, use]));
  expect(used["functions/http/health.lambda.ts"]).toEqual({});
  expect(used["functions/access/issue-token.lambda.ts"]).toMatchObject({
    "@aws-sdk/client-kms": ["KMSClient", "SignCommand"],
  });
});

test.each(bundles)("$entry keeps its budget", ({ bytes, budget }) => {
  expect(bytes).toBeLessThanOrEqual(budget);
});
