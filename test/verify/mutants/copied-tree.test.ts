import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { applyEdits } from "./copied-tree.ts";

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
