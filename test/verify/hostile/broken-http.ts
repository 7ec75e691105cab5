import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Play } from "./raw-exchange.ts";

const LONG = "a".repeat(20_000);

interface Kinds {
  [name: string]: (mark: string) => string | Buffer;
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
/** The last request of a connection. */
const last = (path: string, ...headers: string[]) => get(path, ...headers, "Connection: close");
const post = (body: string, ...headers: string[]) =>
  `${["POST /token HTTP/1.1", "Host: localhost", ...headers, "", ""].join("\r\n")}${body}`;

const lastPost = (body: string, ...headers: string[]) => post(body, ...headers, "Connection: close");
const withLength = (body: string, length: number | string) => post(body, `Content-Length: ${length}`);
const chunked = (body: string, ...headers: string[]) => post(body, "Transfer-Encoding: chunked", ...headers);
const head = (line: string) => `${line}\r\nHost: localhost\r\n\r\n`;

/** Texts that are not HTTP, or only just. Each is sent at once. */
export const BROKEN_HTTP: Kinds = {
  // Request lines.
  "only line ends": () => "\r\n\r\n\r\n\r\n",
  "no method": (mark) => head(` /${mark} HTTP/1.1`),
  "no target": () => head("GET HTTP/1.1"),
  "two spaces": (mark) => head(`GET  /${mark}  HTTP/1.1`),
  "tabs for spaces": (mark) => head(`GET\t/${mark}\tHTTP/1.1`),
  "a method in lower case": (mark) => head(`get /${mark} HTTP/1.1`),
  "an unknown method": (mark) => head(`${mark} / HTTP/1.1`),
  "a long method": () => head(`${LONG} / HTTP/1.1`),
  "no version": (mark) => `GET /${mark}\r\n\r\n`,
  "version 0.9": () => head("GET / HTTP/0.9"),
  "version 1.0": (mark) => `GET /${mark} HTTP/1.0\r\n\r\n`,
  "version 2.0": () => head("GET / HTTP/2.0"),
  "version 9.9": () => head("GET / HTTP/9.9"),
  "another protocol": (mark) => head(`GET / ${mark}/1.1`),
  "HTTP 2's preface": () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "bare line feeds": (mark) => `GET /${mark} HTTP/1.1\nHost: localhost\n\n`,
  "bare carriage returns": (mark) => `GET /${mark} HTTP/1.1\rHost: localhost\r\r`,
  "a NUL in the target": (mark) => head(`GET /${mark}\0 HTTP/1.1`),
  "a raw byte in the target": (mark) => Buffer.from(get(`/${mark}\xff\xfe`), "latin1"),
  "a fragment in the target": (mark) => last(`/health#${mark}`),
  "a target of nothing": () => last(""),
  "an asterisk": () => "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  "an absolute target": (mark) => last(`http://${mark}.example/health`),
  "a target of another scheme": (mark) => last(`file:///etc/passwd?${mark}`),
  "a way up": (mark) => last(`/../../../etc/${mark}`),
  "a way up in escapes": (mark) => last(`/%2e%2e/%2e%2e%2f${mark}`),
  "two slashes": (mark) => last(`//${mark}.example//`),
  "a broken escape": (mark) => last(`/jobs/%E0%A4%A?${mark}=%`),
  "a long target": (mark) => get(`/${mark}${LONG}`),
  CONNECT: (mark) => head(`CONNECT ${mark}.example:443 HTTP/1.1`),
  TRACE: (mark) => `TRACE / HTTP/1.1\r\nHost: localhost\r\nX-${mark}: 1\r\nConnection: close\r\n\r\n`,
  "a TLS hello": () => Buffer.from("16030100f5010000f10303", "hex"),
  "an old SSL hello": () => Buffer.from("802e0100020015000000100100800300800700c0", "hex"),
  noise: () => Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * 7919 + 13) % 256)),
  "another protocol's greeting": (mark) => `EHLO ${mark}\r\nMAIL FROM:<>\r\n`,
  "a proxy's greeting": () => head("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.1"),

  // Headers.
  "no host": () => "GET /health HTTP/1.1\r\n\r\n",
  "two hosts": (mark) => last("/health", `Host: ${mark}.example`),
  "a header of 20 kB": (mark) => get("/health", `X-${mark}: ${LONG}`),
  "a header's name of 20 kB": (mark) => get("/health", `${mark}${LONG}: 1`),
  "3,000 headers": (mark) =>
    get("/health", ...Array.from({ length: 3_000 }, (_, index) => `${mark}${index}: 1`)),
  "1,000 headers of a name": () => last("/health", ...Array.from({ length: 1_000 }, () => "A: 1")),
  "a space in a name": (mark) => get("/health", `X ${mark}: 1`),
  "a space before the colon": (mark) => get("/health", `X-${mark} : 1`),
  "no name": (mark) => get("/health", `: ${mark}`),
  "no colon": (mark) => get("/health", mark),
  "a bracket in a name": (mark) => get("/health", `X-(${mark}): 1`),
  "a NUL in a value": (mark) => get("/health", `X: ${mark}\0`),
  "a bell in a value": (mark) => get("/health", `X: ${mark}\x07`),
  "a carriage return in a value": (mark) => get("/health", `X: a\r${mark}: 1`),
  "a folded value": (mark) => get("/health", `X: a\r\n ${mark}`),
  "raw bytes in a value": (mark) => Buffer.from(last("/health", `X: ${mark}\xff\x80`), "latin1"),
  "line ends in escapes": (mark) => last(`/%0d%0aX-${mark}:%201`),
  "headers of the prototype": () => last("/health", "__proto__: 1", "constructor: 1", "toString: 1"),
  "an upgrade to web sockets": () =>
    get(
      "/health",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: AAAA",
      "Sec-WebSocket-Version: 13",
    ),
  "an upgrade to HTTP 2": () =>
    get("/health", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
  "an unknown expectation": (mark) => lastPost("", `Expect: ${mark}`, "Content-Length: 0"),

  // Bodies.
  "a body of a GET": (mark) => `${last("/health", `Content-Length: ${mark.length}`)}${mark}`,
  "too short a length": (mark) => withLength(mark, 1),
  "a negative length": (mark) => withLength(mark, -1),
  "a length of words": (mark) => withLength(mark, mark),
  "a length in hex": (mark) => withLength(mark, "0x10"),
  "a length with a plus": (mark) => withLength(mark, "+5"),
  "a length beyond all numbers": (mark) => withLength(mark, "9".repeat(40)),
  "two equal lengths": (mark) => post(mark, "Content-Length: 5", "Content-Length: 5"),
  "two unlike lengths": (mark) => post(mark, "Content-Length: 5", "Content-Length: 6"),
  "a list of lengths": (mark) => withLength(mark, "5, 6"),
  "a length and chunks": (mark) =>
    post(`0\r\n\r\n${mark}`, "Content-Length: 5", "Transfer-Encoding: chunked"),
  "chunks and a length": (mark) => chunked(`0\r\n\r\n${mark}`, "Content-Length: 5"),
  "chunks twice": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding: chunked, chunked"),
  "an unknown transfer": (mark) => post(mark, `Transfer-Encoding: ${mark}`),
  "chunks by another name": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding: xchunked"),
  "a transfer behind a tab": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding:\tchunked\t,identity"),
  "a chunk of no number": (mark) => chunked(`${mark}\r\n`),
  "a chunk beyond all numbers": () => chunked("ffffffffffffffffffff\r\n"),
  "a negative chunk": () => chunked("-1\r\n\r\n"),
  "a chunk longer than it says": (mark) => chunked(`1\r\n${mark}\r\n0\r\n\r\n`),
  "a chunk's extension of 100 kB": () => chunked(`1;${LONG.repeat(5)}\r\na\r\n0\r\n\r\n`),
  "trailers of 100 kB": () => lastPost(`0\r\nX: ${LONG.repeat(5)}\r\n\r\n`, "Transfer-Encoding: chunked"),
  "a body of 300 kB": () => withLength(LONG.repeat(15), LONG.length * 15),
  "a body of 20 kB": () => lastPost(LONG, `Content-Length: ${LONG.length}`),
  "a packed body": (mark) => lastPost(mark, `Content-Length: ${mark.length}`, "Content-Encoding: gzip"),

  // Several requests.
  "twenty requests at once": () => `${get("/health").repeat(19)}${last("/health")}`,
  "a request, then noise": (mark) => `${get("/health")}${mark}\0\0\r\n\r\n`,
  "a request within a request": (mark) => `${withLength("", 0)}${last(`/jobs/${mark}`)}`,
  "a request behind a wrong length": (mark) => `${withLength("ab", 1)}${last(`/${mark}`)}`,
  "a request after a close": (mark) => `${last("/health")}${get(`/${mark}`)}`,
};

/** An end, if the server never stops reading. */
const MOST_BYTES = 64 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, "a");
const MOST_DRIPS = 60;
const DRIP_EVERY_MS = 300;

const HEAD = "POST /token HTTP/1.1\r\nHost: localhost\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const WAITING = `${HEAD}Content-Length: 10\r\n\r\n`;
const HEALTH = get("/health");
const CHUNK = Buffer.concat([Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from("\r\n")]);

const say =
  (text: string): Play =>
  (socket) =>
    void socket.write(text);
const end =
  (text: string): Play =>
  (socket) =>
    void socket.end(text);

/** Sends one byte after the other, until the connection is closed. */
const drip =
  (head: string, text: string): Play =>
  async (socket, closed) => {
    socket.write(head);
    for (let drips = 0; drips < MOST_DRIPS && !closed.aborted; drips++) {
      socket.write(text.charAt(drips % text.length));
      await sleep(DRIP_EVERY_MS, undefined, { signal: closed });
    }
  };

/** Sends as fast as the server reads. */
const flood =
  (head: string, piece: Buffer): Play =>
  async (socket, closed) => {
    socket.write(head);
    for (let sent = 0; sent < MOST_BYTES && !closed.aborted; sent += piece.length) {
      if (!socket.write(piece)) await once(socket, "drain", { signal: closed });
    }
  };

/** Sends and resets the connection a moment later. */
const cut =
  (text: string, afterMs: number): Play =>
  async (socket) => {
    socket.write(text);
    await sleep(afterMs);
    socket.resetAndDestroy();
  };

/** Requests that are slow, never end, or end in the middle. */
export const SLOW_HTTP: { [name: string]: Play } = {
  "nothing at all": () => undefined,
  "half a request line": say("GET /hea"),
  "a request line alone": say("GET /health HTTP/1.1\r\n"),
  "headers without an end": say(`${HEAD}X: 1\r\n`),
  "slow headers": drip("", "GET /health HTTP/1.1\r\nHost: localhost\r\nX: aaaa"),
  "headers that never end": flood(HEAD, Buffer.from("X-Y: 1\r\n".repeat(8_000))),
  "a body that does not come": say(WAITING),
  "too long a length": say(`${WAITING}abc`),
  "a slow body": drip(`${HEAD}Content-Length: 1000\r\n\r\n`, "a"),
  "slow chunks": drip(CHUNKED, "1\r\na\r\n"),
  "a chunk that does not come": say(`${CHUNKED}5\r\nab`),
  "no last chunk": say(`${CHUNKED}1\r\na\r\n`),
  "chunks that never end": flood(CHUNKED, CHUNK),
  "a body that never ends": flood(`${HEAD}Content-Length: 99999999999\r\n\r\n`, PIECE),
  "a body that waits for a 100": say(`${HEAD}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`),
  "an end in the headers": end(HEAD),
  "an end in the body": end(`${WAITING}abc`),
  "an end in a chunk": end(`${CHUNKED}5\r\nab`),
  "an end at once": end(""),
  "an end after a request": end(HEALTH),
  "a cut in the body": cut(`${WAITING}abc`, 50),
  "a cut after a request": cut(HEALTH, 1),
  "a request, then silence": say(HEALTH),
  "a request, then half of another": say(`${HEALTH}GET /hea`),
  "many requests, read late": async (socket, closed) => {
    socket.pause();
    socket.write(HEALTH.repeat(1_000));
    await sleep(3_000, undefined, { signal: closed });
    socket.resume();
  },
};
