import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { textOf } from "./readme.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Link {
  page: string;
  /** As the page has it. */
  written: string;
  /** The file or folder, from the project's root. */
  target: string;
  anchor: string | undefined;
}

/** The relative links of a page's text, code left out. */
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
