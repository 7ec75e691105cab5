import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as z from "zod";
import { errorSink } from "./error-sink.ts";
import { filesIn, sinksOf } from "./file-sinks.ts";
import type { Sink } from "./scanner.ts";

const ROWS = 300;

/** The database of local mode: dynalite's own copy need not be reachable from here. */
const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
const levelModule = z.object({
  Level: z.custom<
    new (
      path: string,
    ) => {
      put(key: string, value: string): Promise<void>;
      compactRange(from: string, to: string): Promise<void>;
      close(): Promise<void>;
    }
  >((value) => typeof value === "function"),
});

/** Of each kind that there is, with a leak in it. */
export const PLANTED_SINKS: { readonly [sink: string]: (leak: string) => Sink[] | Promise<Sink[]> } = {
  "a file": (leak) => sinksOf("file", Buffer.from(`some bytes ${leak} and others`)),
  "a packed file": (leak) => sinksOf("file.gz", gzipSync(`${"some bytes ".repeat(50)}${leak} and others`)),
  "a table of the database": (leak) => levelTables(leak),
  "a log line": (leak) => [
    { name: "log", content: `${JSON.stringify({ level: "debug", errorName: leak })}\n` },
  ],
  "an event of a history": (leak) => [
    {
      name: "history",
      content: JSON.stringify({ stateEnteredEventDetails: { input: JSON.stringify({ leak }) } }),
    },
  ],
  "a header": (leak) => [{ name: "headers", content: `x-request: ${leak}\r\n` }],
  "the cause of an error": (leak) => {
    const cause = new Error("inner", { cause: { request: { body: leak } } });
    return [errorSink("error", new Error("outer", { cause: new Error("middle", { cause }) }))];
  },
  "a hidden property of an error": (leak) => {
    const error = new Error("outer");
    Object.defineProperty(error, "$response", { value: { body: [leak] }, enumerable: false });
    return [errorSink("error", error)];
  },
  "a template": (leak) => [
    {
      name: "template",
      content: JSON.stringify({ Resources: { F: { Environment: { Variables: { KEY: leak } } } } }),
    },
  ],
  "a bundle": (leak) => [{ name: "bundle", content: `var a=${JSON.stringify(leak)};export{a as handler};` }],
  "an encryption context": (leak) => [
    { name: "KMS", content: JSON.stringify({ EncryptionContext: { purpose: leak } }) },
  ],
  "the name of an execution": (leak) => [{ name: "names", content: `job-${leak}-1` }],
};

export const PLANTED_BYTES: { readonly [sink: string]: (leak: Buffer) => Sink[] } = {
  "a file": (leak) => sinksOf("file", Buffer.concat([Buffer.from("before"), leak, Buffer.from("after")])),
  "a packed file": (leak) => sinksOf("file.gz", gzipSync(Buffer.concat([Buffer.from("before"), leak]))),
};

/** A row among others, as the tables of local mode have it on disk once its log was turned into a table. */
async function levelTables(leak: string): Promise<Sink[]> {
  const folder = mkdtempSync(join(tmpdir(), "planted-"));
  try {
    const { Level } = levelModule.parse(requireFromDynalite("level"));
    const store = new Level(folder);
    for (let row = 0; row < ROWS; row++)
      await store.put(`row ${row}`, JSON.stringify({ pk: { S: `job#${row}` } }));
    await store.put("row", `${JSON.stringify({ pk: { S: "job#x" } })}${leak}`);
    await store.compactRange("a", "z");
    await store.close();
    return filesIn(folder).filter(({ name }) => /unpacked$/.test(name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
