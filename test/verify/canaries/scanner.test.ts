import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type Canary, headerCanary, plainCanary, textCanary } from "./canary.ts";
import { filesIn, sinksOfFile } from "./level-tables.ts";
import { errorSink, type Finding, type Sink, scannerFor } from "./scanner.ts";

/*
 * Leaks are written here by other means than those of the scanner.
 */

const hashed = (algorithm: string, encoding: "hex" | "base64" | "base64url") => (text: string) =>
  createHash(algorithm).update(text).digest(encoding);

/** After some bytes, in something longer. */
const within = (before: string, encoding: "base64" | "base64url") => (text: string) =>
  Buffer.from(`${before}${text}","b":1}`).toString(encoding);

const TEXT_WRITINGS: { readonly [writing: string]: (text: string) => string } = {
  "as it is": (text) => text,
  "as JSON": (text) => JSON.stringify({ password: text }),
  "as JSON in JSON": (text) => JSON.stringify({ body: JSON.stringify({ password: text }) }),
  "as JSON of ASCII only": (text) =>
    JSON.stringify({ password: text }).replaceAll(
      /[^ -~]/g,
      (one) => `\\u${`000${one.charCodeAt(0).toString(16)}`.slice(-4)}`,
    ),
  "in a URL": (text) => new URL(`https://bank.example/login/${encodeURIComponent(text)}`).href,
  "in a query": (text) => `/token?${new URLSearchParams({ password: text, more: "1" })}`,
  "in hex": (text) => Buffer.from(text).toString("hex"),
  "in large hex": (text) => Buffer.from(text).toString("hex").toUpperCase(),
  "in base64": within("", "base64"),
  "in base64 behind one byte": within("{", "base64"),
  "in base64 behind two bytes": within('{"', "base64"),
  "in base64url behind one byte": within("{", "base64url"),
  "in the base64 of a body": (text) =>
    Buffer.from(JSON.stringify({ loginId: "x", password: text })).toString("base64"),
  "as md5": hashed("md5", "hex"),
  "as sha1": hashed("sha1", "base64"),
  "as sha256": hashed("sha256", "hex"),
  "as sha256 in base64url": hashed("sha256", "base64url"),
};

const BINARY_WRITINGS: { readonly [writing: string]: (text: string) => Buffer } = {
  "in UTF-16": (text) => Buffer.from(`\ufeff{"password":"${text}`, "utf16le"),
  "in UTF-16 with the big end first": (text) => Buffer.from(`{"password":"${text}`, "utf16le").swap16(),
  "as the bytes of md5": (text) => createHash("md5").update(text).digest(),
  "as the bytes of sha256": (text) => createHash("sha256").update(text).digest(),
};

const named = (name: string, content: string): Sink[] => [{ name, content }];

/** One sink of each kind, with a leak in it. */
const TEXT_SINKS: { readonly [sink: string]: (leak: string) => Sink[] | Promise<Sink[]> } = {
  "a file": (leak) => sinksOfFile("file", Buffer.from(`some bytes ${leak} and others`)),
  "a packed file": (leak) =>
    sinksOfFile("file.gz", gzipSync(`${"some bytes ".repeat(50)}${leak} and others`)),
  "a table of the database": (leak) => levelTables(leak),
  "a log line": (leak) => named("log", `${JSON.stringify({ level: "debug", errorName: leak })}\n`),
  "an event of a history": (leak) =>
    named("history", JSON.stringify({ stateEnteredEventDetails: { input: JSON.stringify({ leak }) } })),
  "a header": (leak) => named("headers", `x-request: ${leak}\r\n`),
  "the cause of an error": (leak) => {
    const cause = new Error("inner", { cause: { request: { body: leak } } });
    return [errorSink("error", new Error("outer", { cause: new Error("middle", { cause }) }))];
  },
  "a hidden property of an error": (leak) => {
    const error = new Error("outer");
    Object.defineProperty(error, "$response", { value: { body: [leak] }, enumerable: false });
    return [errorSink("error", error)];
  },
  "a template": (leak) =>
    named("template", JSON.stringify({ Resources: { F: { Environment: { Variables: { KEY: leak } } } } })),
  "a bundle": (leak) => named("bundle", `var a=${JSON.stringify(leak)};export{a as handler};`),
  "an encryption context": (leak) => named("KMS", JSON.stringify({ EncryptionContext: { purpose: leak } })),
  "the name of an execution": (leak) => named("names", `job-${leak}-1`),
};

const BINARY_SINKS: { readonly [sink: string]: (leak: Buffer) => Sink[] } = {
  "a file": (leak) => sinksOfFile("file", Buffer.concat([Buffer.from("before"), leak, Buffer.from("after")])),
  "a packed file": (leak) => sinksOfFile("file.gz", gzipSync(Buffer.concat([Buffer.from("before"), leak]))),
};

const ROWS = 300;

/** The database of local mode: the copy that dynalite uses. */
const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
interface LevelStore {
  put(key: string, value: string): Promise<void>;
  compactRange(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}
const levelModule = z.object({
  Level: z.custom<new (path: string) => LevelStore>((value) => typeof value === "function"),
});

/** A row among others, as it is on disk after the database has made a table of its log. */
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

const others = Array.from({ length: 50 }, (_, index) => textCanary(`other ${index}`));
const canaries = [textCanary("password"), headerCanary("API key"), plainCanary("user token")];
const scanner = scannerFor([...others, ...canaries]);

interface Plant {
  canary: Canary;
  writing: string;
  sink: string;
  plant(): Sink[] | Promise<Sink[]>;
}

function plants<Leak>(
  writings: { readonly [writing: string]: (text: string) => Leak },
  sinks: { readonly [sink: string]: (leak: Leak) => Sink[] | Promise<Sink[]> },
): Plant[] {
  return canaries.flatMap((canary) =>
    Object.entries(writings).flatMap(([writing, write]) =>
      Object.entries(sinks).map(([sink, plant]) => ({
        ...{ canary, writing, sink },
        plant: () => plant(write(canary.text)),
      })),
    ),
  );
}

const ALL = [...plants(TEXT_WRITINGS, TEXT_SINKS), ...plants(BINARY_WRITINGS, BINARY_SINKS)];

function namesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ canary }) => canary.name))];
}

test("more than 400 leaks are planted", () => {
  expect(ALL.length).toBeGreaterThan(400);
  process.stdout.write(
    `${ALL.length} planted leaks, ${scanner.needles} needles of ${scanner.canaries} canaries\n`,
  );
});

test.each(ALL)("finds $canary.name $writing in $sink", async ({ canary, plant }) => {
  const planted = await plant();
  const findings = planted.flatMap(scanner.scan);
  expect(namesOf(findings)).toEqual([canary.name]);
  for (const { sink, at } of findings) {
    expect(planted.map(({ name }) => name)).toContain(sink);
    expect(at).toBeGreaterThan(0);
  }
});

test.each(Object.entries(TEXT_SINKS))("finds nothing in %s without a canary", async (_, plant) => {
  const clean = await plant(plainCanary("unknown").text);
  expect(clean).not.toEqual([]);
  expect(clean.flatMap(scanner.scan)).toEqual([]);
});

describe.each(canaries)("of $name", (canary) => {
  const characters = [...canary.text];
  const middle = Math.ceil(characters.length / 2);

  test("a salted hash is not found", () => {
    const salted = createHash("sha256").update(`salt ${canary.text}`).digest("hex");
    expect(scanner.scan({ name: "row", content: `{"mac":"${salted}"}` })).toEqual([]);
  });

  test("the first half is found before a mask", () => {
    const findings = scanner.scan({
      name: "log",
      content: `said ${characters.slice(0, middle).join("")}***`,
    });
    expect(findings).toMatchObject([{ canary, form: "first half, raw", sink: "log", at: 5 }]);
  });

  test("the last half is found in base64", () => {
    const content = Buffer.from(`--- ${characters.slice(middle).join("")}`).toString("base64");
    expect(namesOf(scanner.scan({ name: "log", content }))).toEqual([canary.name]);
  });
});

test("a finding has the name, form and place of a canary, once, without its text", () => {
  const text = canaries[0]?.text ?? "";
  const findings = scanner.scan({ name: "log", content: `x${text} ${text}` });
  expect(findings.map(({ canary: { name }, form, sink, at }) => ({ name, form, sink, at }))).toEqual([
    { name: "password", form: "raw", sink: "log", at: 1 },
  ]);
});

test("a canary that is too short is refused", () => {
  expect(() => scannerFor([{ name: "PIN", text: "1234" }])).toThrow("Too short to be told: PIN");
});
