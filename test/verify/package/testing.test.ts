import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import * as z from "zod";
import { textOf } from "../../docs/pages.ts";
import { nodeOf } from "./node-of.ts";

const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });
const { devDependencies } = manifest.parse(JSON.parse(textOf("package.json")));

/** jest is none of our dependencies: only its users need it. */
const JEST = "jest@30.5.2";
const VITEST = ["vitest", "typescript", "@types/node"].map((name) => `${name}@${devDependencies[name]}`);

let folder = "";

/** Runs a program in the folder of the project, and returns what it printed. */
async function run(program: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: folder });
  return stdout + stderr;
}

const runInstalled = (name: string, args: string[]) => run(join(folder, "node_modules/.bin", name), args);

/** An empty project with the package, and the code of the page in files. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "connection-jobs-tests-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quietly = ["--prefer-offline", "--no-audit", "--no-fund", "--silent"];
  await run("npm", ["install", ...quietly, inject("packed").archive]);
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function blockOf(language: string): string {
  const [, block = ""] =
    new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, "s").exec(textOf("docs/testing.md")) ?? [];
  return block;
}

test("The test system installs no dependency", async () => {
  const installed = (await readdir(join(folder, "node_modules"))).filter((name) => /^[\w@]/.test(name));
  expect(installed).toEqual(["connection-jobs"]);
});

const USES = `
import { startTestSystem } from "connection-jobs/testing";
const [closed, left] = await Promise.all([startTestSystem(), startTestSystem()]);
await closed.clock.advance({ days: 1 });
await closed.close();
console.log(await left.clock.now() instanceof Date);`;

test.each(["20", "24"])(
  "In Node.js %s, a process that uses two test systems ends by itself, also if it leaves one open",
  { timeout: 900_000 },
  async (major) => {
    await writeFile(join(folder, "uses.mjs"), USES);
    expect(await run(await nodeOf(major, folder), ["uses.mjs"])).toBe("true\n");
  },
);

/** Vitest and jest end a test after five seconds. A busy machine needs longer. */
const PATIENT = "--testTimeout=300000";

test("vitest runs the code of docs/testing.md, and its types are right", { timeout: 900_000 }, async () => {
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", ...VITEST]);
  await writeFile(join(folder, "bank.test.ts"), blockOf("ts"));
  const options = ["--target", "ES2024", "--module", "NodeNext", "--strict", "--skipLibCheck", "--noEmit"];
  expect(await runInstalled("tsc", [...options, "--types", "node", "bank.test.ts"])).toBe("");
  expect(await runInstalled("vitest", ["run", "--reporter=default", PATIENT])).toMatch(/Tests .*2 passed/);
});

test("jest runs the code of docs/testing.md, without a flag of Node.js", { timeout: 900_000 }, async () => {
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", JEST]);
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  await writeFile(join(folder, "bank.test.js"), blockOf("js"));
  const printed = await runInstalled("jest", ["bank.test.js", PATIENT]);
  expect(printed).toMatch(/Tests: .*1 passed/);
  // What jest says if a test leaves something open.
  expect(printed).not.toMatch(/did not exit|open handle|force exited/);
});
