import { findChromium } from "./find-chromium.ts";

/**
 * Says in one line that the tests of the browser are skipped, where there is none.
 *
 * @throws an `Error` instead if the variable `BROWSER_TESTS` is `required`.
 */
export function setup(): void {
  if (findChromium() !== undefined) return;
  const missing = "There is no Chromium: install it, or set CHROMIUM to its path.";
  if (process.env["BROWSER_TESTS"] === "required") throw new Error(missing);
  process.stdout.write(`The browser tests were skipped. ${missing}\n`);
}
