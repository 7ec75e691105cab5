import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of all bundles: in the project root, where git ignores it, or in the package next to the compiled code. */
export const BUNDLES_FOLDER = fileURLToPath(new URL("../../bundles/", import.meta.url));

/** Returns the name of an entry's folder within `BUNDLES_FOLDER`. */
export function bundleFolder(entry: string): string {
  return basename(entry, ".lambda.ts");
}
