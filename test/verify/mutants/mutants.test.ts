import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { editedFiles, PROJECT_ROOT } from "./copied-tree.ts";
import { captionOf, catchersOf, chosen, editsOf, type Mutant } from "./mutant.ts";
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
  test("has many, with names that are unique and sorted, and no two take the same thing away", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(90);
    expect(names).toEqual([...new Set(names)].toSorted());
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

test("all are chosen, or those that are named, and a name that no mutant has is an error", () => {
  const [first, second, third] = MUTANTS;
  if (!first || !second || !third) throw new Error("There are too few.");
  expect(chosen(MUTANTS, [])).toEqual(MUTANTS);
  expect(chosen(MUTANTS, [third.name, first.name])).toEqual([first, third]);
  expect(() => chosen(MUTANTS, [second.name, "none-such"])).toThrow("There is no mutant none-such.");
});

describe("a mutant", () => {
  test("has one edit, or several", () => {
    const [edit, other] = [
      { file: "functions/a.ts", from: "a", to: "b" },
      { file: "infra/b.ts", from: "c", to: "" },
    ];
    expect(editsOf(EXAMPLE)).toEqual([edit]);
    expect(editsOf({ ...EXAMPLE, also: [other] })).toEqual([edit, other]);
  });

  test("is caught by a file, by one test of it, or by the compiler", () => {
    const caughtBy = ["test/a.test.ts", "test/b.test.ts > is %s > b", "tsc test/c.test.ts"] as const;
    expect(catchersOf({ ...EXAMPLE, caughtBy })).toEqual([
      { program: "vitest", file: "test/a.test.ts", title: undefined },
      { program: "vitest", file: "test/b.test.ts", title: "is %s > b" },
      { program: "tsc", file: "test/c.test.ts", title: undefined },
    ]);
  });
});
