import { Console } from "node:console";
import { Writable } from "node:stream";
import { format, inspect, isDeepStrictEqual } from "node:util";
import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import { Secret } from "../../functions/jobs/domain/secret.ts";

const TEXT = "hunter2-Zebra";
const secret = new Secret(TEXT);
const nested = { list: [secret], map: new Map([["login", secret]]), deep: { er: { est: { secret } } } };

function printed(print: (console: Console) => void): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  print(new Console({ stdout: stream, stderr: stream }));
  return chunks.join("");
}

test("gives its value to who asks for it", () => {
  expect(secret.reveal()).toBe(TEXT);
});

describe("prints as [secret]", () => {
  test.each([
    ["String()", () => String(secret)],
    ["a template", () => `${secret}`],
    ["toString", () => secret.toString()],
    ["concatenation in front", () => "".concat(secret.toString())],
    ["concatenation by +", () => Reflect.apply((a, b) => a + b, undefined, ["", secret])],
    ["joining", () => [secret].join()],
    ["as a key", () => Object.keys({ [String(secret)]: 1 })[0]],
    ["JSON.parse of JSON.stringify", () => JSON.parse(JSON.stringify(secret))],
    ["%s", () => format("%s", secret)],
    ["%O", () => format("%O", secret)],
    ["%o", () => format("%o", secret)],
    ["inspect", () => inspect(secret)],
    [
      "inspect with everything shown",
      () => inspect(secret, { showHidden: true, depth: null, getters: true }),
    ],
    ["inspect as JSON of a format", () => JSON.parse(format("%j", secret))],
  ])("by %s", (_, print) => {
    expect(print()).toBe("[secret]");
  });
});

describe("does not show its value", () => {
  const error = Object.assign(new Error("failed", { cause: secret }), { secret });

  test.each([
    ["nested JSON", JSON.stringify(nested)],
    ["indented JSON", JSON.stringify({ nested, error }, null, 2)],
    ["deep inspection", inspect(nested, { depth: null, showHidden: true })],
    [
      "inspection without our own form",
      inspect(secret, { customInspect: false, showHidden: true, depth: null }),
    ],
    ["inspection through a proxy", inspect(new Proxy(secret, {}), { showProxy: true, depth: null })],
    ["an inspected error", inspect(error, { depth: null, showHidden: true })],
    ["the stack of an error", String(new Error(`failed for ${secret}`).stack)],
    ["console.log", printed((console) => console.log("%s %o %O %j", secret, nested, nested, nested, secret))],
    ["console.error", printed((console) => console.error(error, nested))],
    ["console.dir", printed((console) => console.dir(nested, { depth: null, showHidden: true }))],
    ["console.table", printed((console) => console.table([{ secret }, [secret]]))],
    ["a number", String(Number(secret))],
    ["a clone", inspect(structuredClone(secret), { depth: null, showHidden: true })],
    ["a spread", JSON.stringify({ ...secret })],
    ["entries", JSON.stringify(Object.entries(secret))],
    ["its own names", JSON.stringify(Reflect.ownKeys(secret))],
    ["serialized bytes", serialize(secret).toString("latin1")],
    ["what Object.assign takes", JSON.stringify(Object.assign({}, secret))],
    ["a form", new URLSearchParams({ password: String(secret) }).toString()],
  ])("in %s", (_, text) => {
    expect(text).not.toContain(TEXT);
    expect(text).not.toContain("Zebra");
  });

  test("to who compares", () => {
    expect(secret === new Secret(TEXT)).toBe(false);
    expect(isDeepStrictEqual(Object.entries(secret), [])).toBe(true);
    expect(Object.getOwnPropertyDescriptors(secret)).toEqual({});
  });
});
