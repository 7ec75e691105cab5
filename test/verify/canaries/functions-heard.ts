import { basename } from "node:path";
import * as z from "zod";
import { endpointOf, ROUTE_NAMES } from "../../../functions/routes.ts";
import { entriesIn } from "../../../infra/bundling/bundle-entries.ts";
import { jsonOf } from "./exchanging-upstream.ts";

const logLine = z.object({
  level: z.string(),
  message: z.string(),
  route: z.string().optional(),
  task: z.string().optional(),
});

/** Functions whose lines name neither a route nor a Task nor the function. */
const HEARD_AS: { readonly [message: string]: string } = {
  "banks looked at": "look-at-banks",
  "events stored": "store-events",
  webhooks: "deliver-webhooks",
};

/** The functions without a line in a log, and the number of lines of each level. */
export function functionsHeard(lines: readonly string[]) {
  const heard = new Set<string>();
  const levels: { [level: string]: number } = {};
  for (const text of lines) {
    const { data } = logLine.safeParse(jsonOf(text));
    if (data === undefined) continue;
    // The lines of a function that serves many routes name the route.
    const route = ROUTE_NAMES.find((name) => name === data.route);
    heard.add(
      route === undefined
        ? (data.route ?? data.task ?? HEARD_AS[data.message] ?? data.message)
        : endpointOf(route),
    );
    levels[data.level] = (levels[data.level] ?? 0) + 1;
  }
  const entries = entriesIn().filter((entry) => entry.startsWith("functions/"));
  const names = entries.map((entry) => basename(entry, ".lambda.ts"));
  return { silent: names.filter((name) => !heard.has(name)), levels };
}
