import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Play } from "./raw-exchange.ts";

/** Far more than anybody reads, and an end for a test whose server reads on. */
const MOST_BYTES = 64 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, "a");
const MOST_DRIPS = 60;
const DRIP_EVERY_MS = 300;

const HEAD = "POST /token HTTP/1.1\r\nHost: localhost\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends a byte after the other, as long as anybody listens. */
async function drip(socket: Socket, closed: AbortSignal, text: string): Promise<void> {
  for (let drips = 0; drips < MOST_DRIPS && !closed.aborted; drips++) {
    socket.write(text.charAt(drips % text.length));
    await sleep(DRIP_EVERY_MS, undefined, { signal: closed });
  }
}

/** Sends as fast as it is read. */
async function flood(socket: Socket, closed: AbortSignal, piece: Buffer): Promise<void> {
  for (let sent = 0; sent < MOST_BYTES && !closed.aborted; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, "drain", { signal: closed });
  }
}

const chunk = Buffer.concat([Buffer.from(`${PIECE.length.toString(16)}\r\n`), PIECE, Buffer.from("\r\n")]);

/** What takes its time, never ends, or leaves in the middle. */
export const SLOW_HTTP: { [name: string]: Play } = {
  "nothing at all": () => undefined,
  "half a request line": (socket) => void socket.write("GET /hea"),
  "a request line alone": (socket) => void socket.write("GET /health HTTP/1.1\r\n"),
  "headers without an end": (socket) => void socket.write(`${HEAD}X: 1\r\n`),
  "slow headers": (socket, closed) =>
    drip(socket, closed, "GET /health HTTP/1.1\r\nHost: localhost\r\nX: aaaa"),
  "headers that never end": async (socket, closed) => {
    socket.write(HEAD);
    await flood(socket, closed, Buffer.from("X-Y: 1\r\n".repeat(8_000)));
  },
  "a body that does not come": (socket) => void socket.write(`${HEAD}Content-Length: 10\r\n\r\n`),
  "too long a length": (socket) => void socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`),
  "a slow body": (socket, closed) => {
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\n`);
    return drip(socket, closed, "a");
  },
  "slow chunks": (socket, closed) => {
    socket.write(CHUNKED);
    return drip(socket, closed, "1\r\na\r\n");
  },
  "a chunk that does not come": (socket) => void socket.write(`${CHUNKED}5\r\nab`),
  "no last chunk": (socket) => void socket.write(`${CHUNKED}1\r\na\r\n`),
  "chunks that never end": async (socket, closed) => {
    socket.write(CHUNKED);
    await flood(socket, closed, chunk);
  },
  "a body that never ends": async (socket, closed) => {
    socket.write(`${HEAD}Content-Length: 99999999999\r\n\r\n`);
    await flood(socket, closed, PIECE);
  },
  "a body that waits to be asked for": (socket) =>
    void socket.write(`${HEAD}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`),
  "an end in the headers": (socket) => void socket.end(HEAD),
  "an end in the body": (socket) => void socket.end(`${HEAD}Content-Length: 10\r\n\r\nabc`),
  "an end in a chunk": (socket) => void socket.end(`${CHUNKED}5\r\nab`),
  "an end at once": (socket) => void socket.end(),
  "an end after a request": (socket) => void socket.end("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  "a cut in the body": async (socket) => {
    socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`);
    await sleep(50);
    socket.resetAndDestroy();
  },
  "a cut after a request": async (socket) => {
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await sleep(1);
    socket.resetAndDestroy();
  },
  "a request, then silence": (socket) => void socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  "a request, then half of another": (socket) =>
    void socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea"),
  "many requests, read late": async (socket, closed) => {
    socket.pause();
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1_000));
    await sleep(3_000, undefined, { signal: closed });
    socket.resume();
  },
};
