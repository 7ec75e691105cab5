import type { ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** A way to answer wrongly. `good` is what a right answer would say; `mark` is in all that is made up. */
export interface Wrong {
  name: string;
  play(response: ServerResponse, good: object, mark: string): void;
}

type Made = (good: object, mark: string) => string | Buffer;

const body = (name: string, make: Made, headers: Record<string, string> = {}, status = 200): Wrong => ({
  name,
  play: (response, good, mark) => void response.writeHead(status, headers).end(make(good, mark)),
});

const raw = (name: string, make: (text: string, mark: string) => string): Wrong => ({
  name,
  play: (response, good, mark) => void response.socket?.end(make(JSON.stringify(good), mark), "latin1"),
});

const said = (good: object, mark: string) => JSON.stringify({ ...good, note: mark });
const error = (mark: string, more: object = {}) =>
  JSON.stringify({ data: [{ code: "invalid-credentials", title: mark, detail: mark, ...more }] });
const deep = (open: string, close: string, levels = 10_000) =>
  `${open.repeat(levels)}${close.repeat(levels)}`;

const BODIES: Wrong[] = [
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

const STATUSES: Wrong[] = [201, 203, 204, 205, 206, 226, 299].map((status) =>
  body(`a ${status} of nothing`, () => "", {}, status),
);
const NOES: Wrong[] = [
  400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 423, 425, 428, 429, 431, 451, 499,
]
  .concat([500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 529, 598, 599])
  .flatMap((status) => [
    body(`a ${status} in HTML`, (_, mark) => `<html>${mark}</html>`, {}, status),
    body(`a ${status} in words of its own`, (_, mark) => error(mark), {}, status),
  ]);
const ODD_NOES: Wrong[] = [
  body("a no of nothing", () => "", {}, 400),
  body("a no without errors", () => '{"data":[]}', {}, 400),
  body("a no of a number", () => '{"data":[{"code":5}]}', {}, 400),
  body("a no of a null", () => '{"data":null}', {}, 400),
  body("a no of 10 kB", (_, mark) => error(mark, { detail: mark.repeat(500) }), {}, 400),
  body("a no of a code of 10 kB", (_, mark) => error(mark, { code: mark.repeat(500) }), {}, 400),
  body("a no of half a character", (_, mark) => error(mark, { title: `${mark}\ud800` }), {}, 400),
  body(
    "a no of 10,000 errors",
    (_, mark) => `{"data":[${Array(10_000).fill(`{"code":"${mark}"}`).join(",")}]}`,
    {},
    400,
  ),
  body("a no that is right", (good) => JSON.stringify(good), {}, 400),
];

const RETRIES: Wrong[] = [
  "1e9",
  "999999999",
  "-1",
  "0",
  "",
  "NaN",
  "Infinity",
  "0x7fffffff",
  "Wed, 21 Oct 2099 07:28:00 GMT",
  "1, 2",
  "a",
].flatMap((value) =>
  [429, 503].map((status) =>
    body(
      `a ${status} to come again after ${JSON.stringify(value)}`,
      () => "",
      { "retry-after": value },
      status,
    ),
  ),
);

/** Where nobody is to follow with a token. */
export const ELSEWHERE = "/elsewhere";
const REDIRECTS: Wrong[] = [300, 301, 302, 303, 304, 305, 307, 308].flatMap((status) =>
  [`http://127.0.0.1:9${ELSEWHERE}`, ELSEWHERE, "//127.0.0.1:9/", "file:///etc/passwd", "", "\t"].map(
    (location) => body(`a ${status} to ${JSON.stringify(location)}`, () => "", { location }, status),
  ),
);

const head = (status: string, ...headers: string[]) =>
  [`HTTP/1.1 ${status}`, ...headers, "", ""].join("\r\n");
const LINES: Wrong[] = [
  raw("no HTTP", (_, mark) => mark),
  raw("another protocol", (_, mark) => `SSH-2.0-${mark}\r\n`),
  raw("a status of words", (text) => `${head("OK")}${text}`),
  raw("a status of 0", (text) => `${head("000 No")}${text}`),
  raw("a status of 99999", (text) => `${head("99999 No")}${text}`),
  raw("a 101 that nobody wanted", () =>
    head("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"),
  ),
  raw("a 100 and an end", () => head("100 Continue")),
  raw(
    "a hundred 103s",
    (text) =>
      `${head("103 Early Hints", "Link: </a>").repeat(100)}${head("200 OK", `Content-Length: ${text.length}`)}${text.slice(1)}`,
  ),
  raw("too long a length", (text) => `${head("200 OK", `Content-Length: ${text.length + 10}`)}${text}`),
  raw("too short a length", (text) => `${head("200 OK", "Content-Length: 3")}${text}`),
  raw("two lengths", (text) => `${head("200 OK", "Content-Length: 3", "Content-Length: 9")}${text}`),
  raw("a negative length", (text) => `${head("200 OK", "Content-Length: -3")}${text}`),
  raw(
    "a length and chunks",
    (text) => `${head("200 OK", "Content-Length: 3", "Transfer-Encoding: chunked")}${text}`,
  ),
  raw(
    "a chunk of no number",
    (text) => `${head("200 OK", "Transfer-Encoding: chunked")}zz\r\n${text}\r\n0\r\n\r\n`,
  ),
  raw(
    "no last chunk",
    (text) => `${head("200 OK", "Transfer-Encoding: chunked")}${text.length.toString(16)}\r\n${text}\r\n`,
  ),
  raw(
    "headers of 100 kB",
    (text, mark) =>
      `${head("200 OK", ...Array.from({ length: 4_000 }, (_, index) => `X-${mark}${index}: ${mark}`))}${text}`,
  ),
  raw("a header of 100 kB", (text, mark) => `${head("200 OK", `X: ${mark.repeat(5_000)}`)}${text}`),
  raw("a header without a colon", (text, mark) => `${head("200 OK", mark)}${text}`),
  raw("a NUL in a header", (text, mark) => `${head("200 OK", `X: ${mark}\0`)}${text}`),
  raw("half of a head", () => "HTTP/1.1 200 OK\r\nContent-Le"),
];
const CUTS: Wrong[] = [
  { name: "a cut before anything", play: (response) => void response.socket?.destroy() },
  { name: "a reset before anything", play: (response) => void response.socket?.resetAndDestroy() },
  {
    name: "a reset after the head",
    play: (response) =>
      void response
        .writeHead(200, { "content-length": 100 })
        .write("{", () => response.socket?.resetAndDestroy()),
  },
  {
    name: "a cut in a chunk",
    play: (response, good) =>
      void response.writeHead(200).write(JSON.stringify(good).slice(0, 5), () => response.socket?.destroy()),
  },
];

/** Wrong whatever was asked for. */
export const WRONG_REPLIES: readonly Wrong[] = [
  ...BODIES,
  ...ENCODINGS,
  ...STATUSES,
  ...NOES,
  ...ODD_NOES,
  ...RETRIES,
  ...REDIRECTS,
  ...LINES,
  ...CUTS,
];
