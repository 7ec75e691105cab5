import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { CLIENT_BUNDLING } from "../../../../infra/bundling/bundle-client.ts";

/** In bytes, as docs/client.md says. */
const MOST_BYTES = 6000;

test("the client has at most 6 kB, minified and gzipped, and contains files of client/ only", async () => {
  const { outputFiles, metafile } = await build({
    ...CLIENT_BUNDLING,
    minify: true,
    write: false,
    metafile: true,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(MOST_BYTES);
  expect(Object.keys(metafile.inputs).filter((path) => !path.startsWith("client/"))).toEqual([]);
});
