import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** At the root of the project, where git ignores it; in the package, beside the compiled code. */
export const BUNDLES_FOLDER = fileURLToPath(new URL("../../bundles/", import.meta.url));

/** The folder of an entry's bundle, within that of all bundles. */
export function bundleFolder(entry: string): string {
  return basename(entry, ".lambda.ts");
}
