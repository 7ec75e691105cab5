import { createHash } from "node:crypto";
import { inBrowser } from "./in-browser.ts";

/*
 * The style and the script of our pages are small enough to be part of each page: that saves two requests, and a file that
 * would have to be served. The policy of our pages names their hashes, so that a browser uses no others.
 */

export const SCRIPT = `(${inBrowser})()`;

/** Returns how a policy names a style or a script that is part of the page. */
export function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
