import { expect, test } from "vitest";
import { blocksOf, commandsOf, LOCAL_PAGES, OPERATORS_PAGES, PAGES, textOf } from "./readme.ts";
import { RUN_ELSEWHERE } from "./run-elsewhere.ts";

const local = commandsOf(LOCAL_PAGES).filter((command) => !command.startsWith("npm "));
const all = commandsOf(PAGES);

test("every command of the pages is run: here, on the emulator, or where the list says", () => {
  const run = new Set([...local, ...commandsOf(OPERATORS_PAGES), ...RUN_ELSEWHERE.keys()]);
  expect(all.filter((command) => !run.has(command))).toEqual([]);
  expect([...RUN_ELSEWHERE.keys()].filter((command) => !all.includes(command))).toEqual([]);
});

test("each page whose commands are run has some, and the README is short enough for the first hour", () => {
  const without = PAGES.filter((page) => commandsOf([page]).length === 0);
  expect(without).toEqual(["docs/api.md"]);
  expect(textOf("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

test("the app of the reader's own is the one that the package is tried with", () => {
  expect(blocksOf("docs/embed.md", "ts")).toEqual([textOf("test/verify/package/app.ts")]);
});
