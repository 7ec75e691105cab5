const LONG = "a".repeat(20_000);

interface Kinds {
  [name: string]: (mark: string) => string | Buffer;
}

const get = (path: string, ...headers: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", ...headers, "", ""].join("\r\n");
const post = (body: string, ...headers: string[]) =>
  `${["POST /token HTTP/1.1", "Host: localhost", ...headers, "", ""].join("\r\n")}${body}`;

const REQUEST_LINES: Kinds = {
  "only line ends": () => "\r\n\r\n\r\n\r\n",
  "no method": (mark) => ` /${mark} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "no target": () => "GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
  "two spaces": (mark) => `GET  /${mark}  HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "tabs for spaces": (mark) => `GET\t/${mark}\tHTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "a method in lower case": (mark) => `get /${mark} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "an unknown method": (mark) => `${mark} / HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "a long method": () => `${LONG} / HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "no version": (mark) => `GET /${mark}\r\n\r\n`,
  "version 0.9": () => "GET / HTTP/0.9\r\nHost: localhost\r\n\r\n",
  "version 1.0": (mark) => `GET /${mark} HTTP/1.0\r\n\r\n`,
  "version 2.0": () => "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
  "version 9.9": () => "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
  "another protocol": (mark) => `GET / ${mark}/1.1\r\nHost: localhost\r\n\r\n`,
  "HTTP 2's preface": () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "bare line feeds": (mark) => `GET /${mark} HTTP/1.1\nHost: localhost\n\n`,
  "bare carriage returns": (mark) => `GET /${mark} HTTP/1.1\rHost: localhost\r\r`,
  "a NUL in the target": (mark) => `GET /${mark}\0 HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  "a raw byte in the target": (mark) => Buffer.from(get(`/${mark}\xff\xfe`), "latin1"),
  "a fragment in the target": (mark) => get(`/health#${mark}`, "Connection: close"),
  "a target of nothing": () => get("", "Connection: close"),
  "an asterisk": () => "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
  "an absolute target": (mark) => get(`http://${mark}.example/health`, "Connection: close"),
  "a target of another scheme": (mark) => get(`file:///etc/passwd?${mark}`, "Connection: close"),
  "a way up": (mark) => get(`/../../../etc/${mark}`, "Connection: close"),
  "a way up in escapes": (mark) => get(`/%2e%2e/%2e%2e%2f${mark}`, "Connection: close"),
  "two slashes": (mark) => get(`//${mark}.example//`, "Connection: close"),
  "a broken escape": (mark) => get(`/jobs/%E0%A4%A?${mark}=%`, "Connection: close"),
  "a long target": (mark) => get(`/${mark}${LONG}`),
  CONNECT: (mark) => `CONNECT ${mark}.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  TRACE: (mark) => `TRACE / HTTP/1.1\r\nHost: localhost\r\nX-${mark}: 1\r\nConnection: close\r\n\r\n`,
  "a TLS hello": () => Buffer.from("16030100f5010000f10303", "hex"),
  "an old SSL hello": () => Buffer.from("802e0100020015000000100100800300800700c0", "hex"),
  noise: () => Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * 7919 + 13) % 256)),
  "another protocol's greeting": (mark) => `EHLO ${mark}\r\nMAIL FROM:<>\r\n`,
  "a proxy's greeting": () => "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
};

const HEADERS: Kinds = {
  "no host": () => "GET /health HTTP/1.1\r\n\r\n",
  "two hosts": (mark) => get("/health", `Host: ${mark}.example`, "Connection: close"),
  "a header of 20 kB": (mark) => get("/health", `X-${mark}: ${LONG}`),
  "a header's name of 20 kB": (mark) => get("/health", `${mark}${LONG}: 1`),
  "3,000 headers": (mark) =>
    get("/health", ...Array.from({ length: 3_000 }, (_, index) => `${mark}${index}: 1`)),
  "1,000 headers of a name": () =>
    get("/health", ...Array.from({ length: 1_000 }, () => "A: 1"), "Connection: close"),
  "a space in a name": (mark) => get("/health", `X ${mark}: 1`),
  "a space before the colon": (mark) => get("/health", `X-${mark} : 1`),
  "no name": (mark) => get("/health", `: ${mark}`),
  "no colon": (mark) => get("/health", mark),
  "a bracket in a name": (mark) => get("/health", `X-(${mark}): 1`),
  "a NUL in a value": (mark) => get("/health", `X: ${mark}\0`),
  "a bell in a value": (mark) => get("/health", `X: ${mark}\x07`),
  "a carriage return in a value": (mark) => get("/health", `X: a\r${mark}: 1`),
  "a folded value": (mark) => get("/health", `X: a\r\n ${mark}`),
  "raw bytes in a value": (mark) =>
    Buffer.from(get("/health", `X: ${mark}\xff\x80`, "Connection: close"), "latin1"),
  "line ends in escapes": (mark) => get(`/%0d%0aX-${mark}:%201`, "Connection: close"),
  "headers of the prototype": () =>
    get("/health", "__proto__: 1", "constructor: 1", "toString: 1", "Connection: close"),
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
  "an unknown expectation": (mark) => post("", `Expect: ${mark}`, "Content-Length: 0", "Connection: close"),
};

const BODIES: Kinds = {
  "a body of a GET": (mark) =>
    `${get("/health", `Content-Length: ${mark.length}`, "Connection: close")}${mark}`,
  "too short a length": (mark) => post(mark, "Content-Length: 1"),
  "a negative length": (mark) => post(mark, "Content-Length: -1"),
  "a length of words": (mark) => post(mark, `Content-Length: ${mark}`),
  "a length in hex": (mark) => post(mark, "Content-Length: 0x10"),
  "a length with a plus": (mark) => post(mark, "Content-Length: +5"),
  "a length beyond all numbers": (mark) => post(mark, `Content-Length: ${"9".repeat(40)}`),
  "two equal lengths": (mark) => post(mark, "Content-Length: 5", "Content-Length: 5"),
  "two unlike lengths": (mark) => post(mark, "Content-Length: 5", "Content-Length: 6"),
  "a list of lengths": (mark) => post(mark, "Content-Length: 5, 6"),
  "a length and chunks": (mark) =>
    post(`0\r\n\r\n${mark}`, "Content-Length: 5", "Transfer-Encoding: chunked"),
  "chunks and a length": (mark) =>
    post(`0\r\n\r\n${mark}`, "Transfer-Encoding: chunked", "Content-Length: 5"),
  "chunks twice": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding: chunked, chunked"),
  "an unknown transfer": (mark) => post(mark, `Transfer-Encoding: ${mark}`),
  "chunks by another name": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding: xchunked"),
  "a transfer behind a tab": (mark) => post(`0\r\n\r\n${mark}`, "Transfer-Encoding:\tchunked\t,identity"),
  "a chunk of no number": (mark) => post(`${mark}\r\n`, "Transfer-Encoding: chunked"),
  "a chunk beyond all numbers": () => post("ffffffffffffffffffff\r\n", "Transfer-Encoding: chunked"),
  "a negative chunk": () => post("-1\r\n\r\n", "Transfer-Encoding: chunked"),
  "a chunk longer than it says": (mark) => post(`1\r\n${mark}\r\n0\r\n\r\n`, "Transfer-Encoding: chunked"),
  "a chunk's extension of 100 kB": () =>
    post(`1;${LONG.repeat(5)}\r\na\r\n0\r\n\r\n`, "Transfer-Encoding: chunked"),
  "trailers of 100 kB": () =>
    post(`0\r\nX: ${LONG.repeat(5)}\r\n\r\n`, "Transfer-Encoding: chunked", "Connection: close"),
  "a body of 300 kB": () => post(LONG.repeat(15), `Content-Length: ${LONG.length * 15}`),
  "a body of 20 kB": () => post(LONG, `Content-Length: ${LONG.length}`, "Connection: close"),
  "a packed body": (mark) =>
    post(mark, `Content-Length: ${mark.length}`, "Content-Encoding: gzip", "Connection: close"),
};

const SEVERAL: Kinds = {
  "twenty requests at once": () => `${get("/health").repeat(19)}${get("/health", "Connection: close")}`,
  "a request, then noise": (mark) => `${get("/health")}${mark}\0\0\r\n\r\n`,
  "a request within a request": (mark) =>
    `${post("", "Content-Length: 0")}${get(`/jobs/${mark}`, "Connection: close")}`,
  "a request behind a wrong length": (mark) =>
    `${post("ab", "Content-Length: 1")}${get(`/${mark}`, "Connection: close")}`,
  "a request after a close": (mark) => `${get("/health", "Connection: close")}${get(`/${mark}`)}`,
};

/** What is no HTTP, or only just: each kind is one text that is sent at once. */
export const BROKEN_HTTP: Kinds = { ...REQUEST_LINES, ...HEADERS, ...BODIES, ...SEVERAL };
