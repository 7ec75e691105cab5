import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { isDead, linksOf } from "./links.ts";
import { textOf } from "./readme.ts";

const DECISIONS = "docs/decisions";

const inDocs = readdirSync(new URL("../../docs", import.meta.url), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => join("docs", name));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...inDocs];

test("no page has a dead relative link", () => {
  const dead = pages.flatMap((page) => linksOf(page, textOf(page)).filter(isDead));
  expect(dead.map(({ page, written }) => `${page}: ${written}`)).toEqual([]);
});

test("a page outside of the decisions links to each of them", () => {
  const outside = pages.filter((page) => dirname(page) !== DECISIONS);
  const linked = new Set(outside.flatMap((page) => linksOf(page, textOf(page))).map(({ target }) => target));
  const decisions = pages.filter((page) => dirname(page) === DECISIONS);
  expect(decisions).not.toEqual([]);
  expect(decisions.filter((page) => !linked.has(page))).toEqual([]);
});

test.each([
  ["a missing file", "[a](docs/nowhere.md)", true],
  ["a missing heading", "[a](docs/design.md#nowhere)", true],
  ["a missing heading of the same page", "[a](#nowhere)", true],
  ["a place outside of the project", "[a](../elsewhere.md)", true],
  ["a heading", "[a](docs/design.md#where-things-are)", false],
  ["a folder", "[a](docs/decisions)", false],
  ["an address", "[a](https://example.com/nowhere)", false],
  ["code", "`[a](nowhere.md)`", false],
])("a link to %s", (_, text, expected) => {
  expect(linksOf("README.md", text).some(isDead)).toBe(expected);
});
