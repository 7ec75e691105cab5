import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { commandsOf, LOCAL_PAGES } from "../docs/pages.ts";
import { backendOf } from "./backend.ts";
import { startLocalMode } from "./local-mode.ts";

const run = promisify(execFile);

/** Without those that CI runs itself: they begin with npm. */
const commands = commandsOf(LOCAL_PAGES).filter((line) => !line.startsWith("npm "));

test("the commands for local mode work as they are written, but for the ports", async () => {
  expect(commands).toHaveLength(6);
  const local = await startLocalMode({ TIME_SCALE: "10" });
  const script = commands
    .join("\necho\n")
    .replaceAll("http://127.0.0.1:3000", local.apiUrl)
    .replaceAll("http://127.0.0.1:3001", local.sandboxUrl ?? "");
  const { stdout, stderr } = await run("sh", ["-e", "-c", script]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain('"error"');

  const id = /"type":"job","id":"([\w-]+)"/.exec(stdout)?.[1] ?? "";
  expect(stdout).toContain('"calls":[{');
  const backend = await backendOf(local);
  expect((await backend.read(id)).id).toBe(id);
});
