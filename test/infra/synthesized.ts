import { synthesize } from "../../infra/synthesize.ts";
import { parseResources, type Resources } from "./resources.ts";

/** The resources of the template by their logical ids. Takes a second: once per file. */
export function synthesizedResources(context?: Record<string, unknown>): Resources {
  return parseResources(synthesize(context));
}
