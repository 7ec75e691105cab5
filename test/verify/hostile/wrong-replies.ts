import type { ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { placesIn, Raw, type Tree, treeOf, written } from "./odd-bodies.ts";

/** A way to reply wrongly. `good` is the right reply; everything that is made up contains `mark`. */
export interface Wrong {
  name: string;
  play(response: ServerResponse, good: object, mark: string): void;
}

/** After these, upstream has done nothing: the request may be repeated. */
export const DID_NOTHING = /^a (401|403|429) /;

/** Redirects to this path must not be followed with a token. */
export const ELSEWHERE = "/elsewhere";

type Make = (good: string, mark: string) => string | Buffer;
type Headers = Record<string, string>;

/** A right reply of HTTP with a wrong body, header or status. Without a status, the reply has that of a right one. */
const body = (name: string, make: Make, headers: Headers = {}, status?: number): Wrong => ({
  name,
  play: (response, good, mark) =>
    void response.writeHead(status ?? response.statusCode, headers).end(make(JSON.stringify(good), mark)),
});

const deep = (open: string, close: string, levels = 10_000) =>
  `${open.repeat(levels)}${close.repeat(levels)}`;
const begin = (good: string, more: string) => good.replace("{", `{${more},`);

const BODIES = Object.entries<Make>({
  nothing: () => "",
  "a blank": () => " \n\t ",
  HTML: (_, mark) => `<html><h1>${mark}</h1></html>`,
  XML: (_, mark) => `<?xml version="1.0"?><job id="${mark}"/>`,
  "a form": (_, mark) => `id=${mark}&status=ok`,
  "a byte order mark": (good) => `\ufeff${good}`,
  "UTF-16": (good) => Buffer.from(good, "utf16le"),
  "half of it": (good) => good.slice(0, 9),
  "all but its end": (good) => good.slice(0, -1),
  "twice the same": (good) => good.repeat(2),
  "something behind it": (good, mark) => `${good}${mark}`,
  "a guard before it": (good) => `)]}',\n${good}`,
  "a callback": (good) => `callback(${good})`,
  "single quotes": (good) => good.replaceAll('"', "'"),
  NaN: () => "NaN",
  "a NaN within": (good) => good.replace(/:[^,}]+/, ":NaN"),
  "an infinity": () => '{"id":Infinity,"expires_in":Infinity}',
  null: () => "null",
  "a number": () => "0",
  "a word": (_, mark) => JSON.stringify(mark),
  true: () => "true",
  "an empty list": () => "[]",
  "an empty object": () => "{}",
  "a list around it": (good) => `[${good}]`,
  "an object around it": (good) => `{"data":${good}}`,
  "a text of it": (good) => JSON.stringify(good),
  "every field twice": (good) => good.replace(/^\{(.*)\}$/, "{$1,$1}"),
  "a field of the prototype": (good, mark) => begin(good, `"__proto__":{"id":"${mark}","polluted":1}`),
  "a constructor": (good, mark) => begin(good, `"constructor":{"prototype":{"polluted":"${mark}"}}`),
  "only a prototype": (good) => `{"__proto__":${good}}`,
  "deep lists": () => deep("[", "]"),
  "deep objects": () => `${'{"data":'.repeat(10_000)}1${"}".repeat(10_000)}`,
  "deep lists that never end": () => "[".repeat(100_000),
  "a depth beside it": (good) => begin(good, `"deep":${deep("[", "]")}`),
  "3 MB": (good, mark) => `${good.slice(0, -1)},"note":"${mark.repeat(150_000)}"}`,
  "a list of 100,000": () => JSON.stringify({ data: Array.from({ length: 100_000 }, () => ({})) }),
  "bytes that are no text": () =>
    Buffer.from(Array.from({ length: 2_000 }, (_, index) => (index * 31) % 256)),
  "broken UTF-8": (good) => Buffer.concat([Buffer.from(good.slice(0, -2)), Buffer.from([0xc3, 0x22, 0x7d])]),
  NULs: () => "\0".repeat(1_000),
}).map(([name, make]) => body(name, make));

/** Made once: 64 MB of blanks. */
const BLANKS = Buffer.alloc(64 * 1024 * 1024, " ");
const GZIP_BOMB = gzipSync(BLANKS);
const BROTLI_BOMB = brotliCompressSync(BLANKS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
const encoded = (name: string, encoding: string, make: Make = (good) => good) =>
  body(name, make, { "content-encoding": encoding });
const typed = (name: string, type: string, make: Make) => body(name, make, { "content-type": type });
const ENCODINGS = [
  encoded("gzip that is none", "gzip"),
  encoded("half of a gzip", "gzip", (good) => gzipSync(good).subarray(0, 15)),
  encoded("a gzip bomb", "gzip", () => GZIP_BOMB),
  encoded("a gzip bomb twice packed", "gzip, gzip", () => gzipSync(GZIP_BOMB)),
  encoded("a brotli bomb", "br", () => BROTLI_BOMB),
  encoded("an unknown encoding", "rot13"),
  encoded("many encodings", "gzip, ".repeat(50)),
  typed("another charset", "application/json; charset=utf-7", (good) => good),
  typed("another type", "image/png", (good) => good.slice(1)),
];

const error = (mark: string, more: object = {}) =>
  JSON.stringify({ data: [{ code: "invalid-credentials", title: mark, detail: mark, ...more }] });
const EMPTY = [201, 203, 204, 205, 206, 226, 299].map((status) =>
  body(`a ${status} of nothing`, () => "", {}, status),
);
const ERRORS = [
  400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 422, 423, 425, 428, 429, 431, 451, 499,
  500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 529, 598, 599,
].flatMap((status) => [
  body(`a ${status} in HTML`, (_, mark) => `<html>${mark}</html>`, {}, status),
  body(`a ${status} in words of its own`, (_, mark) => error(mark), {}, status),
]);
const REFUSALS = Object.entries<Make>({
  nothing: () => "",
  "no errors": () => '{"data":[]}',
  "a number": () => '{"data":[{"code":5}]}',
  "a null": () => '{"data":null}',
  "10 kB": (_, mark) => error(mark, { detail: mark.repeat(500) }),
  "a code of 10 kB": (_, mark) => error(mark, { code: mark.repeat(500) }),
  "half a character": (_, mark) => error(mark, { title: `${mark}\ud800` }),
  "10,000 errors": (_, mark) => `{"data":[${Array(10_000).fill(`{"code":"${mark}"}`).join(",")}]}`,
  "the right reply": (good) => good,
}).map(([name, make]) => body(`a refusal of ${name}`, make, {}, 400));

const RETRIES = ["1e9", "999999999", "-1", "0", "", "NaN", "Infinity", "0x7fffffff", "1, 2", "a"]
  .concat("Wed, 21 Oct 2099 07:28:00 GMT")
  .flatMap((after) =>
    [429, 503].map((status) =>
      body(`a ${status} to retry after "${after}"`, () => "", { "retry-after": after }, status),
    ),
  );

const REDIRECTS = [300, 301, 302, 303, 304, 305, 307, 308].flatMap((status) =>
  [`http://127.0.0.1:9${ELSEWHERE}`, ELSEWHERE, "//127.0.0.1:9/", "file:///etc/passwd", "", "\t"].map(
    (location) => body(`a ${status} to ${JSON.stringify(location)}`, () => "", { location }, status),
  ),
);

const raw = (name: string, make: (good: string, mark: string) => string): Wrong => ({
  name,
  play: (response, good, mark) => void response.socket?.end(make(JSON.stringify(good), mark), "latin1"),
});
const status = (line: string, ...headers: string[]) => [`HTTP/1.1 ${line}`, ...headers, "", ""].join("\r\n");
const ok = (...headers: string[]) => status("200 OK", ...headers);
const long = (length: number) => ok(`Content-Length: ${length}`);
const CHUNKED = ok("Transfer-Encoding: chunked");
const HINTS = status("103 Early Hints", "Link: </a>");
const manyHeaders = (mark: string) =>
  Array.from({ length: 4_000 }, (_, index) => `X-${mark}${index}: ${mark}`);
const LINES = [
  raw("no HTTP", (_, mark) => mark),
  raw("another protocol", (_, mark) => `SSH-2.0-${mark}\r\n`),
  raw("a status of words", (text) => `${status("OK")}${text}`),
  raw("a status of 0", (text) => `${status("000 No")}${text}`),
  raw("a status of 99999", (text) => `${status("99999 No")}${text}`),
  raw("an unwanted 101", () => status("101 Switching", "Upgrade: websocket", "Connection: Upgrade")),
  raw("a 100 and an end", () => status("100 Continue")),
  raw("a hundred 103s", (text) => `${HINTS.repeat(100)}${long(text.length)}${text.slice(1)}`),
  raw("too long a length", (text) => `${long(text.length + 10)}${text}`),
  raw("too short a length", (text) => `${long(3)}${text}`),
  raw("two lengths", (text) => `${ok("Content-Length: 3", "Content-Length: 9")}${text}`),
  raw("a negative length", (text) => `${long(-3)}${text}`),
  raw("a length and chunks", (text) => `${ok("Content-Length: 3", "Transfer-Encoding: chunked")}${text}`),
  raw("a chunk of no number", (text) => `${CHUNKED}zz\r\n${text}\r\n0\r\n\r\n`),
  raw("no last chunk", (text) => `${CHUNKED}${text.length.toString(16)}\r\n${text}\r\n`),
  raw("headers of 100 kB", (text, mark) => `${ok(...manyHeaders(mark))}${text}`),
  raw("a header of 100 kB", (text, mark) => `${ok(`X: ${mark.repeat(5_000)}`)}${text}`),
  raw("a header without a colon", (text, mark) => `${ok(mark)}${text}`),
  raw("a NUL in a header", (text, mark) => `${ok(`X: ${mark}\0`)}${text}`),
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

/** Wrong replies to any call. */
export const WRONG_REPLIES: readonly Wrong[] = [
  ...[...BODIES, ...ENCODINGS, ...EMPTY, ...ERRORS, ...REFUSALS, ...RETRIES],
  ...[...REDIRECTS, ...LINES, ...CUTS],
];

/** These last until the client ends the call. */
export const SLOW_REPLIES: readonly Wrong[] = [
  { name: "no reply", play: () => undefined },
  {
    name: "a head and no more",
    play: (response) => void response.writeHead(200, { "content-length": 100 }).flushHeaders(),
  },
  { name: "half a body", play: (response, good) => void response.write(JSON.stringify(good).slice(0, 5)) },
  {
    name: "a byte now and then",
    play: (response, _, mark) => every(response, 200, () => response.write(mark)),
  },
  {
    name: "an endless body",
    play: (response, _, mark) => every(response, 1, () => response.write(mark.repeat(5_000))),
  },
  {
    name: "endless interim replies",
    play: (response) => every(response, 100, () => response.writeProcessing()),
  },
];

/** Repeats until the client ends the call, for at most a minute. */
function every(response: ServerResponse, ms: number, write: () => void): void {
  const writing = setInterval(write, ms);
  const ending = setTimeout(() => response.destroy(), 60_000);
  response.once("close", () => {
    clearInterval(writing);
    clearTimeout(ending);
  });
}

/** Values that no field of a good reply has, and the worst ones for a field of its kind. */
const VALUES: { readonly [name: string]: (mark: string) => Tree } = {
  null: () => null,
  true: () => true,
  "0": () => 0,
  "-1": () => -1,
  "1e308": () => 1e308,
  "1e999": () => new Raw("1e999"),
  "an empty text": () => "",
  "a text": (mark) => mark,
  "10 kB": (mark) => mark.repeat(500),
  "a line break": (mark) => `${mark}\r\nX-${mark}: 1`,
  "half a character": (mark) => `${mark}\ud800`,
  "a NUL": (mark) => `${mark}\0`,
  "a way up": (mark) => `../../${mark}`,
  "two dots": () => "..",
  "an address elsewhere": (mark) => `https://${mark}.example/jobs/1`,
  "a host elsewhere": (mark) => `//${mark}.example/x`,
  "a script": (mark) => `javascript:alert('${mark}')`,
  "another's id": () => "00000000-0000-4000-8000-000000000000",
  // A plain key would set the prototype of the table.
  ["__proto__"]: () => "__proto__",
  "an empty list": () => [],
  "a list": (mark) => [mark],
  "a list of 1,000": (mark) => Array.from({ length: 1_000 }, () => mark),
  "an empty object": () => treeOf({}),
  "an object": (mark) => treeOf({ id: mark, length: 3, polluted: mark }),
  "a depth of 10,000": () => new Raw(deep("[", "]")),
};

/** Every field of a good reply with every wrong value, removed, and twice. */
export function wrongFields(good: object): Wrong[] {
  return placesIn(treeOf(good)).flatMap((_, index) => {
    const changed = (name: string, change: (place: Place, mark: string) => void): Wrong => ({
      name: `field ${index}: ${name}`,
      play(response, good, mark) {
        const tree = treeOf(good);
        const place = placesIn(tree)[index];
        if (place !== undefined) change(place, mark);
        response.end(written(tree));
      },
    });
    return [
      ...Object.entries(VALUES).map(([name, value]) =>
        changed(name, (place, mark) => place.put(value(mark))),
      ),
      changed("nothing", (place) => place.drop()),
      changed("there twice", (place, mark) => place.repeat(mark)),
    ];
  });
}

type Place = ReturnType<typeof placesIn>[number];
