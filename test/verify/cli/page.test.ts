import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { EXIT } from "../../../infra/cli/exit-codes.ts";
import { CLI_PAGE, commandsOf, textOf } from "../../docs/pages.ts";
import { ROOT, startLocalMode, temporaryDirectory } from "../support/program.ts";

const run = promisify(execFile);

test("The commands of the page that need no job work as written, and a missing key is no part of them", async () => {
  const { apiUrl } = await startLocalMode({ TIME_SCALE: "10" });
  const commands = commandsOf([CLI_PAGE]).filter((line) => line.startsWith("npm run cli "));
  expect(commands).toEqual(["npm run cli -- help", "npm run cli -- doctor"]);
  const env = { PATH: process.env["PATH"] ?? "", HOME: temporaryDirectory(), PORT: new URL(apiUrl).port };
  const { stdout } = await run("sh", ["-e", "-c", commands.join("\n")], { cwd: ROOT, env });
  expect(stdout).toContain("connect [INSTITUTION] --user ID");
  expect(stdout).toMatch(/^ok +API key +accepted$/m);
});

test("The page lists every exit code", () => {
  const rows = [...textOf(CLI_PAGE).matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(rows).toEqual(Object.values(EXIT));
});
