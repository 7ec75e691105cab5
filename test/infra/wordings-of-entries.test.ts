import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { BUNDLING, entriesIn } from "../../infra/bundling/bundle-entries.ts";
import { ALL_WORDINGS } from "../support/all-wordings.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const REASONS = Object.keys(ALL_WORDINGS);
const OF_WORDS = /^functions\/wire\/[\w-]*wordings\.ts$/;

/** What is left of each module of ours in the entry's bundle, by its path. */
async function partsOf(entry: string): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    ...BUNDLING,
    minify: false,
    external: ["@aws-sdk/*"],
    absWorkingDir: root,
    entryPoints: [entry],
    write: false,
  });
  const [, ...parts] = (outputFiles[0]?.text ?? "").split(/^\/\/ (?=\S+$)/m);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), part.slice(end)];
    }),
  );
}

function reasonsIn(parts: readonly [string, string][]): string[] {
  return REASONS.filter((reason) => parts.some(([, code]) => code.includes(`"${reason}"`)));
}

const apiEntries = entriesIn().filter((entry) => !entry.startsWith("functions/jobs/workflow/") && !entry.startsWith("sandbox/"));

test.each(apiEntries)("%s has words for all that it can refuse", async (entry) => {
  const parts = [...(await partsOf(entry))];
  const refused = reasonsIn(parts.filter(([path]) => !OF_WORDS.test(path)));
  const worded = reasonsIn(parts.filter(([path]) => OF_WORDS.test(path)));
  expect(refused).toContain("service-unavailable");
  expect(refused.filter((reason) => !worded.includes(reason))).toEqual([]);
});

test("what a function refuses is found in its bundle", async () => {
  const refused = reasonsIn([...(await partsOf("functions/jobs/api/cancel-job.lambda.ts"))]);
  expect(refused).toEqual(expect.arrayContaining(["job-over", "job-not-found", "token-expired"]));
  expect(refused).not.toContain("api-key-not-valid");
});
