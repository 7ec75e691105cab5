import { basename } from "node:path";
import * as z from "zod";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { jsonOf } from "./shown-jobs.ts";

const line = z.object({
  level: z.string(),
  message: z.string(),
  route: z.string().optional(),
  task: z.string().optional(),
});

/** The functions that there are. */
const FUNCTIONS: readonly string[] = entriesIn()
  .filter((entry) => entry.startsWith("functions/"))
  .map((entry) => basename(entry, ".lambda.ts"));

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
