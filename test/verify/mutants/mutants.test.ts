import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { partOf } from "../support/nightly.ts";
import {
  applyEdits,
  captionOf,
  catchersOf,
  chosen,
  editedFiles,
  editsOf,
  type Mutant,
  PROJECT_ROOT,
} from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** Mutants change the product or a test double, never a test. */
const MAY_CHANGE = /^(functions|infra|sandbox|test\/(support|conformance))\/.+(?<!\.test)\.ts$/;

const EXAMPLE: Mutant = {
  name: "lock",
  removes: "the lock",
  file: "functions/a.ts",
  from: "a",
  to: "b",
  caughtBy: ["test/a.test.ts"],
};

describe("the table of mutants", () => {
  test("has many, with names that are unique, and no two take the same thing away", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(90);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(MUTANTS.map(({ removes }) => removes)).size).toBe(names.length);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, editsOf(mutant)] as const))(
    "%s fits the tree",
    (_, edits) => {
      expect(edits.map(({ file }) => file).filter((file) => !MAY_CHANGE.test(file))).toEqual([]);
      expect(edits.filter(({ from, to }) => from === to)).toEqual([]);
      expect(() => editedFiles(PROJECT_ROOT, edits)).not.toThrow();
    },
  );

  test("names tests that there are", () => {
    const missing = MUTANTS.flatMap(catchersOf).filter(({ file, title = "" }) => {
      const path = join(PROJECT_ROOT, file);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(title);
    });
    expect(missing.map(captionOf)).toEqual([]);
  });
});

test("a seed chooses one in five, the same each time", () => {
  const chosenBy = (seed: string) =>
    partOf(MUTANTS, { parts: 5, seed, nameOf: ({ name }) => name }).map(({ name }) => name);
  expect(chosenBy("a")).toHaveLength(Math.ceil(MUTANTS.length / 5));
  expect(chosenBy("a")).toEqual(chosenBy("a"));
  expect(chosenBy("a")).not.toEqual(chosenBy("b"));
});

test("all are chosen, or those that are named, and a name that no mutant has is an error", () => {
  const [first, second, third] = MUTANTS;
  if (!first || !second || !third) throw new Error("There are too few.");
  expect(chosen(MUTANTS, [])).toEqual(MUTANTS);
  expect(chosen(MUTANTS, [third.name, first.name])).toEqual([first, third]);
  expect(() => chosen(MUTANTS, [second.name, "none-such"])).toThrow("There is no mutant none-such.");
});

test("a mutant has one edit, or several", () => {
  const { file, from, to } = EXAMPLE;
  const other = { file: "infra/b.ts", from: "c", to: "" };
  expect(editsOf(EXAMPLE)).toEqual([{ file, from, to }]);
  expect(editsOf({ ...EXAMPLE, also: [other] })).toEqual([{ file, from, to }, other]);
});

test("a mutant is caught by a file, by one test of it, or by the compiler", () => {
  const caughtBy = ["test/a.test.ts", "test/b.test.ts > is %s > b", "tsc test/c.test.ts"] as const;
  expect(catchersOf({ ...EXAMPLE, caughtBy })).toEqual([
    { program: "vitest", file: "test/a.test.ts", title: undefined },
    { program: "vitest", file: "test/b.test.ts", title: "is %s > b" },
    { program: "tsc", file: "test/c.test.ts", title: undefined },
  ]);
});

const TEXT = "one\n  two\n  three\n  two and a half\n";
const EDIT = { file: "file.txt", from: "three", to: "3 of $& and $1" };

/** A folder that holds one file with the text. */
function folderWith(text: string) {
  const folder = mkdtempSync(join(tmpdir(), "edited-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "file.txt");
  writeFileSync(path, text);
  return { folder, text: () => readFileSync(path, "utf8") };
}

test("an edit replaces its text as written, and is taken back", () => {
  const { folder, text } = folderWith(TEXT);
  const revert = applyEdits(folder, [EDIT]);
  expect(text()).toBe("one\n  two\n  3 of $& and $1\n  two and a half\n");
  revert();
  expect(text()).toBe(TEXT);
});

test("several edits of one file are made and taken back together", () => {
  const { folder, text } = folderWith(TEXT);
  const revert = applyEdits(folder, [EDIT, { file: "file.txt", from: "one\n", to: "" }]);
  expect(text()).toBe("  two\n  3 of $& and $1\n  two and a half\n");
  revert();
  expect(text()).toBe(TEXT);
});

test.each([
  ["that is not in the file", { ...EDIT, from: "four" }, 'file.txt holds this 0 times, not once: "four"'],
  ["that is in the file twice", { ...EDIT, from: "two" }, 'file.txt holds this 2 times, not once: "two"'],
  ["of no file", { ...EDIT, file: "none.txt" }, "ENOENT"],
])("an edit of a text %s is stale, and nothing is written", (_, stale, message) => {
  const { folder, text } = folderWith(TEXT);
  expect(() => applyEdits(folder, [EDIT, stale])).toThrow(message);
  expect(text()).toBe(TEXT);
});
