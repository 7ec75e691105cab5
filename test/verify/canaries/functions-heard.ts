import { basename } from "node:path";
import * as z from "zod";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { jsonOf } from "./exchanging-upstream.ts";

const logLine = z.object({
  level: z.string(),
  message: z.string(),
  route: z.string().optional(),
  task: z.string().optional(),
});

/** The functions without a line in a log, and the number of lines of each level. */
export function functionsHeard(lines: readonly string[]) {
  const heard = new Set<string>();
  const levels: { [level: string]: number } = {};
  for (const text of lines) {
    const { data } = logLine.safeParse(jsonOf(text));
    if (data === undefined) continue;
    heard.add(data.route ?? data.task ?? data.message);
    levels[data.level] = (levels[data.level] ?? 0) + 1;
  }
  const entries = entriesIn().filter((entry) => entry.startsWith("functions/"));
  const names = entries.map((entry) => basename(entry, ".lambda.ts"));
  return { silent: names.filter((name) => !heard.has(name)), levels };
}
