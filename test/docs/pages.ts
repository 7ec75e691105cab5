import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Starts the system and calls it on this machine. */
export const LOCAL_PAGES = ["README.md", "docs/local.md"];
/** Receives webhooks of a local mode. The commands need each other, in this order. */
export const RECEIVERS_PAGE = "docs/webhooks.md";
/** Calls the API of a local mode, first as it is, then with the Consent UI. */
export const API_PAGE = "docs/api.md";
/** Has every command of the program `connection-jobs`. */
export const CLI_PAGE = "docs/cli.md";
/** Has the code that a program of a company needs. */
export const CLIENT_PAGE = "docs/client.md";
/** Deploys, operates and removes a system. The commands need each other, in this order. */
export const OPERATORS_PAGES = ["docs/deploy.md", "docs/operate.md"];
/** Has a section for each alarm. */
export const RUNBOOKS_PAGE = "docs/runbooks.md";
/** Every page whose commands a person is to run. */
export const PAGES = [
  ...LOCAL_PAGES,
  RECEIVERS_PAGE,
  API_PAGE,
  CLI_PAGE,
  ...OPERATORS_PAGES,
  "docs/embed.md",
  CLIENT_PAGE,
  "docs/testing.md",
  "CONTRIBUTING.md",
];

/** A page by its path from the project's root. */
export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** The commands of pages: the lines of their shell blocks, and what their tables list under "Command". */
export function commandsOf(pages: readonly string[]): string[] {
  return pages.map(textOf).flatMap((text) => [...commandsInBlocks(text), ...commandsInTables(text)]);
}

function commandsInBlocks(text: string): string[] {
  return [...text.matchAll(/```sh\n(.+?)```/gs)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

function commandsInTables(text: string): string[] {
  const tables = [...text.matchAll(/^\| Command \|.*\n((?:\|.*\n)+)/gm)];
  const firstCells = tables.flatMap(([, rows = ""]) =>
    rows.split("\n").map((row) => row.split(/(?<!\\)\|/)[1]?.replaceAll("\\|", "|") ?? ""),
  );
  return firstCells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command));
}

export interface Link {
  page: string;
  /** As the page has it. */
  written: string;
  /** The file or folder, from the project's root. */
  target: string;
  anchor: string | undefined;
}

/** The relative links of a page's text, without those in code. */
export function linksOf(page: string, text: string): Link[] {
  const prose = text.replaceAll(/```.*?```/gs, "").replaceAll(/`[^`\n]*`/g, "");
  const written = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return written
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      return { page, written: link, target, anchor };
    });
}

/** Whether its file or its heading is missing. */
export function isDead({ target, anchor }: Link): boolean {
  const file = join(ROOT, target);
  if (relative(ROOT, file).startsWith("..") || !existsSync(file)) return true;
  if (anchor === undefined) return false;
  return statSync(file).isDirectory() || !anchorsOf(textOf(target)).has(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replaceAll(/```.*?```/gs, "");
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-");
    let free = anchor;
    for (let number = 1; anchors.has(free); number += 1) free = `${anchor}-${number}`;
    anchors.add(free);
  }
  return anchors;
}
