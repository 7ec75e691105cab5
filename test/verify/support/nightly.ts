/** With the environment variable `NIGHTLY=1`, the tests that take long run in full. Otherwise they take a tenth. */
const isNightly = process.env["NIGHTLY"] === "1";

/** Returns how much of a long test to run: all of it, or a tenth. */
export function nightly(whole: number): number {
  return isNightly ? whole : whole / 10;
}
