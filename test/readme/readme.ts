import { readFileSync } from "node:fs";

/** Starts the system and calls it on this machine. */
export const LOCAL_PAGES = ["README.md", "docs/local.md"];
/** Deploys, operates and removes a system. The commands need each other, in this order. */
export const OPERATORS_PAGES = ["docs/deploy.md", "docs/operate.md"];
/** Every page whose commands a person is to run. */
export const PAGES = [...LOCAL_PAGES, "docs/api.md", ...OPERATORS_PAGES, "docs/embed.md", "CONTRIBUTING.md"];

/** The commands of pages: the lines of their shell blocks, and what their tables list under "Command". */
export function commandsOf(pages: readonly string[]): string[] {
  return pages.map(textOf).flatMap((text) => [...commandsInBlocks(text), ...commandsInTables(text)]);
}

/** The blocks of code in a language. */
export function blocksOf(page: string, language: string): string[] {
  const blocks = textOf(page).matchAll(new RegExp(`\`\`\`${language}\\n(.+?)\`\`\``, "gs"));
  return [...blocks].map(([, block = ""]) => block);
}

/** The numbers before the words, in digits, wherever a page has them. */
export function numbersBefore(words: string): number[] {
  const phrase = new RegExp(`\\b(\\d+)\\s+${words.replaceAll(" ", "\\s+")}\\b`, "g");
  return PAGES.flatMap((page) => [...textOf(page).matchAll(phrase)]).map(([, digits]) => Number(digits));
}

/** A page by its path from the project's root. */
export function textOf(page: string): string {
  return readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
}

function commandsInBlocks(text: string): string[] {
  return [...text.matchAll(/```sh\n(.+?)```/gs)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

function commandsInTables(text: string): string[] {
  const tables = [...text.matchAll(/^\| Command \|.*\n((?:\|.*\n)+)/gm)];
  const firstCells = tables.flatMap(([, rows = ""]) =>
    rows.split("\n").map((row) => row.split("|")[1] ?? ""),
  );
  return firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command));
}
