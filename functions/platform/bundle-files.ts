import { existsSync, readFileSync } from "node:fs";

/**
 * The file with what a deployment changes on pages for people. It may have far more than the 4 KB that AWS Lambda allows for all
 * variables of a function, so that the deployment puts it beside the bundle. In local mode, which has no bundles and no such limit,
 * the variable has the content.
 */
export const BRAND_FILE = { name: "brand.json", variable: "PAGE_BRAND" } as const;

/** Returns the text of a file beside the bundle of this function; undefined if there is none. */
export function fileBesideBundle(name: string): string | undefined {
  const file = new URL(name, import.meta.url);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
