import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { applyPatch, write } from "./copied-tree.ts";

const LINES = ["one", "two", "three", "four", "five", ""];
const PATCH = [
  "Removes: the third",
  "",
  "--- a/file.txt",
  "+++ b/file.txt",
  "@@ -2,3 +2,2 @@",
  " two",
  "-three",
  " four",
  "",
];

/** A folder of no checkout with a file in it, and the patch beside. */
function folderWith(lines: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), "patched-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, patch] = [join(folder, "file.txt"), join(folder, "a.patch")];
  writeFileSync(file, lines.join("\n"));
  writeFileSync(patch, PATCH.join("\n"));
  return { folder, patch, lines: () => readFileSync(file, "utf8").split("\n") };
}

test("a patch is applied and taken back", () => {
  const { folder, patch, lines } = folderWith(LINES);
  write(applyPatch(folder, patch));
  expect(lines()).toEqual(["one", "two", "four", "five", ""]);
  expect(() => applyPatch(folder, patch)).toThrow();
  write(applyPatch(folder, patch, { isReverse: true }));
  expect(lines()).toEqual(LINES);
});

test("a patch fits further down too, where lines were put before it", () => {
  const { folder, patch, lines } = folderWith(["zero", ...LINES]);
  write(applyPatch(folder, patch));
  expect(lines()).toEqual(["zero", "one", "two", "four", "five", ""]);
});

test.each([
  ["what it takes away", LINES.with(2, "three and more")],
  ["what stands beside that", LINES.with(3, "four and more")],
])("a patch that knows another text of %s does not fit, and changes nothing", (_, changed) => {
  const { folder, patch, lines } = folderWith(changed);
  expect(() => applyPatch(folder, patch)).toThrow();
  expect(lines()).toEqual(changed);
});
