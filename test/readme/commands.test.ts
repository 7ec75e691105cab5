import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OPERATORS_PART } from "../emulator/operators-commands.ts";
import { allCommands, blocksIn, commandsUnder } from "./readme.ts";
import { LOCAL_PART, RUN_ELSEWHERE } from "./run-elsewhere.ts";

const local = commandsUnder(LOCAL_PART).filter((command) => !command.startsWith("npm "));

test("every command of the README is run: here, on the emulator, or where the list says", () => {
  const run = new Set([...local, ...commandsUnder(OPERATORS_PART), ...RUN_ELSEWHERE.keys()]);
  expect(allCommands().filter((command) => !run.has(command))).toEqual([]);
  expect([...RUN_ELSEWHERE.keys()].filter((command) => !allCommands().includes(command))).toEqual([]);
});

test("the app of one's own is the one that the package is tried with", () => {
  const app = readFileSync(new URL("../package/app.ts", import.meta.url), "utf8");
  expect(blocksIn("ts")).toEqual([app]);
});
