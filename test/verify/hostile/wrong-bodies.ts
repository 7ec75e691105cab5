import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { body, type Wrong } from "./wrong-reply.ts";

const said = (good: object, mark: string) => JSON.stringify({ ...good, note: mark });
const deep = (open: string, close: string, levels = 10_000) =>
  `${open.repeat(levels)}${close.repeat(levels)}`;

const TEXTS: Wrong[] = [
  body("nothing", () => ""),
  body("a blank", () => " \n\t "),
  body("HTML", (_, mark) => `<html><h1>${mark}</h1></html>`),
  body("XML", (_, mark) => `<?xml version="1.0"?><job id="${mark}"/>`),
  body("a form", (_, mark) => `id=${mark}&status=ok`),
  body("a byte order mark", (good) => `\ufeff${JSON.stringify(good)}`),
  body("UTF-16", (good) => Buffer.from(JSON.stringify(good), "utf16le")),
  body("half of it", (good) => JSON.stringify(good).slice(0, 9)),
  body("all but its end", (good) => JSON.stringify(good).slice(0, -1)),
  body("twice the same", (good) => JSON.stringify(good).repeat(2)),
  body("something behind it", (good, mark) => `${JSON.stringify(good)}${mark}`),
  body("a guard before it", (good) => `)]}',\n${JSON.stringify(good)}`),
  body("a callback", (good) => `callback(${JSON.stringify(good)})`),
  body("single quotes", (good) => JSON.stringify(good).replaceAll('"', "'")),
  body("NaN", () => "NaN"),
  body("a NaN within", (good) => JSON.stringify(good).replace(/:[^,}]+/, ":NaN")),
  body("an infinity", () => '{"id":Infinity,"expires_in":Infinity}'),
  body("null", () => "null"),
  body("a number", () => "0"),
  body("a word", (_, mark) => JSON.stringify(mark)),
  body("true", () => "true"),
  body("an empty list", () => "[]"),
  body("an empty object", () => "{}"),
  body("a list around it", (good) => JSON.stringify([good])),
  body("an object around it", (good) => JSON.stringify({ data: good })),
  body("a text of it", (good) => JSON.stringify(JSON.stringify(good))),
  body("every field twice", (good) => JSON.stringify(good).replace(/^\{(.*)\}$/, "{$1,$1}")),
  body("a field of the prototype", (good, mark) =>
    JSON.stringify(good).replace("{", `{"__proto__":{"id":"${mark}","polluted":1},`),
  ),
  body("a constructor", (good, mark) =>
    JSON.stringify(good).replace("{", `{"constructor":{"prototype":{"polluted":"${mark}"}},`),
  ),
  body("only a prototype", (good) => `{"__proto__":${JSON.stringify(good)}}`),
  body("deep lists", () => deep("[", "]")),
  body("deep objects", () => `${'{"data":'.repeat(10_000)}1${"}".repeat(10_000)}`),
  body("deep lists that never end", () => "[".repeat(100_000)),
  body("a depth beside it", (good) => JSON.stringify(good).replace("{", `{"deep":${deep("[", "]")},`)),
  body("3 MB", (good, mark) => said(good, mark.repeat(150_000))),
  body("a list of 100,000", () => JSON.stringify({ data: Array.from({ length: 100_000 }, () => ({})) })),
  body("bytes that are no text", () =>
    Buffer.from(Array.from({ length: 2_000 }, (_, index) => (index * 31) % 256)),
  ),
  body("broken UTF-8", (good) =>
    Buffer.concat([Buffer.from(JSON.stringify(good).slice(0, -2)), Buffer.from([0xc3, 0x22, 0x7d])]),
  ),
  body("NULs", () => "\0".repeat(1_000)),
];

/** Made once: 64 MB of blanks. */
const BLANKS = Buffer.alloc(64 * 1024 * 1024, " ");
const GZIP_BOMB = gzipSync(BLANKS);
const BROTLI_BOMB = brotliCompressSync(BLANKS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const gzip = { "content-encoding": "gzip" };
const ENCODINGS: Wrong[] = [
  body("gzip that is none", (good) => JSON.stringify(good), gzip),
  body("half of a gzip", (good) => gzipSync(JSON.stringify(good)).subarray(0, 15), gzip),
  body("a gzip bomb", () => GZIP_BOMB, gzip),
  body("a gzip bomb twice packed", () => gzipSync(GZIP_BOMB), { "content-encoding": "gzip, gzip" }),
  body("a brotli bomb", () => BROTLI_BOMB, { "content-encoding": "br" }),
  body("an unknown encoding", (good) => JSON.stringify(good), { "content-encoding": "rot13" }),
  body("many encodings", (good) => JSON.stringify(good), { "content-encoding": "gzip, ".repeat(50) }),
  body("another charset", (good) => JSON.stringify(good), {
    "content-type": "application/json; charset=utf-7",
  }),
  body("another type", (good) => JSON.stringify(good).slice(1), { "content-type": "image/png" }),
];

/** Bodies that are not what was asked for, or not in the form that they are said to be in. */
export const WRONG_BODIES: readonly Wrong[] = [...TEXTS, ...ENCODINGS];
