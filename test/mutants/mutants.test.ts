import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyPatch } from "./copied-tree.ts";
import { captionOf, chosen, PROJECT_ROOT, parsePatch, readMutants } from "./mutant.ts";

const mutants = readMutants();
const catchers = mutants.flatMap((mutant) => mutant.catchers);

describe("the list of mutants", () => {
  test("has many, and no two take the same thing away", () => {
    expect(mutants.length).toBeGreaterThan(90);
    expect(new Set(mutants.map(({ removes }) => removes)).size).toBe(mutants.length);
  });

  test.each(mutants.map(({ name, patchFile }) => [name, patchFile]))("%s fits the tree", (_, patchFile) => {
    expect(() => applyPatch(PROJECT_ROOT, patchFile)).not.toThrow();
  });

  test("names tests that there are", () => {
    const missing = catchers.filter(({ file, title = "" }) => {
      const path = join(PROJECT_ROOT, file);
      return !existsSync(path) || !readFileSync(path, "utf8").includes(title);
    });
    expect(missing.map(captionOf)).toEqual([]);
  });
});

test("all are chosen, or those that are named, and a name that no mutant has is an error", () => {
  const [first, second, third] = mutants;
  if (!first || !second || !third) throw new Error("There are too few.");
  expect(chosen(mutants, [])).toEqual(mutants);
  expect(chosen(mutants, [third.name, first.name])).toEqual([first, third]);
  expect(() => chosen(mutants, [second.name, "none-such"])).toThrow("There is no mutant none-such.");
});

const DIFF = "--- a/functions/a.ts\n+++ b/functions/a.ts\n@@ -1 +1 @@\n-a\n+b\n";

describe("a patch", () => {
  test("says what it removes and by what it is caught", () => {
    const header = "Removes: the lock\nCaught by: test/a.test.ts\nCaught by: test/b.test.ts > is %s > b\n";
    expect(parsePatch("lock", `${header}Caught by: tsc test/c.test.ts\n\n${DIFF}`)).toEqual({
      name: "lock",
      removes: "the lock",
      catchers: [
        { program: "vitest", file: "test/a.test.ts", title: undefined },
        { program: "vitest", file: "test/b.test.ts", title: "is %s > b" },
        { program: "tsc", file: "test/c.test.ts", title: undefined },
      ],
      changes: ["functions/a.ts"],
    });
  });

  test("says how its failure begins where that is no assertion", () => {
    const header = "Removes: the lock\nCaught by: test/a.test.ts\nFails by: Error: GET /: 200\n";
    expect(parsePatch("lock", `${header}\n${DIFF}`).failsBy).toBe("Error: GET /: 200");
    expect(parsePatch("lock", `Removes: a\nCaught by: test/a.test.ts\n\n${DIFF}Fails by: b\n`).failsBy).toBe(
      undefined,
    );
  });

  test.each([
    ["changes nothing", "Removes: a\nCaught by: test/a.test.ts\n"],
    ["does not say what it removes", `Caught by: test/a.test.ts\n\n${DIFF}`],
    ["does not say what it is caught by", `Removes: a\n\n${DIFF}Caught by: test/a.test.ts\n`],
    [
      "changes more than the product",
      `Removes: a\nCaught by: test/a.test.ts\n\n${DIFF}${DIFF.replaceAll("functions", "test")}`,
    ],
  ])("that %s is none", (what, text) => {
    expect(() => parsePatch("lock", text)).toThrow(`lock ${what}`);
  });
});
