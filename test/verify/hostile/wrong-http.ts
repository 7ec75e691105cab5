import type { ServerResponse } from "node:http";
import type { Wrong } from "./wrong-reply.ts";

const raw = (name: string, make: (text: string, mark: string) => string): Wrong => ({
  name,
  play: (response, good, mark) => void response.socket?.end(make(JSON.stringify(good), mark), "latin1"),
});

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

/** Replies that are no HTTP, or only the beginning of it. */
export const WRONG_HTTP: readonly Wrong[] = [...LINES, ...CUTS];

/** These take as long as they are let. */
export const SLOW_REPLIES: readonly Wrong[] = [
  { name: "no reply", play: () => undefined },
  {
    name: "a head and no more",
    play: (response) => void response.writeHead(200, { "content-length": 100 }).flushHeaders(),
  },
  { name: "half a body", play: (response, good) => void response.write(JSON.stringify(good).slice(0, 5)) },
  { name: "a byte now and then", play: (response, _, mark) => drip(response, mark, 200) },
  { name: "a body without an end", play: (response, _, mark) => drip(response, mark.repeat(5_000), 1) },
  {
    name: "interim replies without an end",
    play(response) {
      const send = setInterval(() => response.writeProcessing(), 100);
      response.once("close", () => clearInterval(send));
    },
  },
];

/** As long as anybody listens, but for a minute at most. */
function drip(response: ServerResponse, text: string, everyMs: number): void {
  const send = setInterval(() => response.write(text), everyMs);
  const end = setTimeout(() => response.destroy(), 60_000);
  response.once("close", () => {
    clearInterval(send);
    clearTimeout(end);
  });
}
