import { accessSync, constants } from "node:fs";

/** The places in which Linux distributions install Chromium. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Returns the path of Chromium: that of the variable `CHROMIUM`, or the first one that is installed. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"];
  return (named ? [named] : PLACES).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
