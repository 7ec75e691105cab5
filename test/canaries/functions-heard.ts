import { readdirSync } from "node:fs";
import * as z from "zod";
import { jsonOf } from "./shown-jobs.ts";

const FOLDERS = ["api", "workflow"].map((name) => new URL(`../../functions/${name}/`, import.meta.url));
const ENDING = ".lambda.ts";

const line = z.object({
  level: z.string(),
  message: z.string(),
  route: z.string().optional(),
  task: z.string().optional(),
});

/** The functions that there are. */
const FUNCTIONS: readonly string[] = FOLDERS.flatMap((folder) => readdirSync(folder))
  .filter((file) => file.endsWith(ENDING))
  .map((file) => file.slice(0, -ENDING.length));

export interface Heard {
  /** The functions of which there is no line. */
  readonly silent: string[];
  readonly levels: { readonly [level: string]: number };
}

/** What lines there are of whom, and how many of each level. Others' lines are passed over. */
export function functionsHeard(lines: readonly string[]): Heard {
  const heard = new Set<string>();
  const levels: { [level: string]: number } = {};
  for (const text of lines) {
    const parsed = line.safeParse(jsonOf(text));
    if (!parsed.success) continue;
    const { level, message, route, task } = parsed.data;
    heard.add(route ?? task ?? message);
    levels[level] = (levels[level] ?? 0) + 1;
  }
  return { silent: FUNCTIONS.filter((name) => !heard.has(name)), levels };
}
