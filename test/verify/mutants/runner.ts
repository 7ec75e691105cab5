import { Writable } from "node:stream";
import { createVitest, type Vitest } from "vitest/node";
import * as z from "zod";
import { REPORT, wantedTests } from "./tests-of-a-tree.ts";

/*
 * Runs tests of the tree in which it was started, as often as its parent asks, and keeps what Vitest has transformed. Each run has new
 * workers, so that no module of an earlier run is left. Vitest writes each report to `REPORT`. The arguments are Vitest's options.
 */

const options = z.record(z.string(), z.unknown()).parse(JSON.parse(process.argv[2] ?? "{}"));
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

let vitest: Vitest | undefined;
let isSetUp = false;

/** A new Vitest does the set-up of projects again, such as the synthesis of the template. */
async function started(): Promise<Vitest> {
  const streams = { stdout: nowhere(), stderr: nowhere() };
  const created = await createVitest(
    { ...options, watch: false, reporters: [["json", { outputFile: REPORT }]] },
    {},
    streams,
  );
  await created.standalone();
  isSetUp = false;
  return created;
}

async function run({ changed, tests }: z.infer<typeof wantedTests>): Promise<void> {
  vitest ??= await started();
  for (const path of changed) vitest.invalidateFile(path);
  const specifications = [];
  for (const { path, pattern } of tests) {
    for (const { project } of await vitest.globTestSpecifications([path])) {
      const testNamePattern = pattern === undefined ? {} : { testNamePattern: new RegExp(pattern) };
      specifications.push(project.createSpecification(path, testNamePattern));
    }
  }
  const needsSetUp = specifications.some(({ project }) => project.config.globalSetup.length > 0);
  if (needsSetUp && isSetUp) {
    await vitest.close();
    vitest = undefined;
    return run({ changed, tests });
  }
  isSetUp ||= needsSetUp;
  await vitest.runTestSpecifications(specifications);
}

process.on("message", async (message) => {
  await run(wantedTests.parse(message));
  process.send?.("done");
});
process.once("disconnect", () => process.exit());
