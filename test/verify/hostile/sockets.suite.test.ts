import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { isOver, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { BROKEN_HTTP } from "./broken-http.ts";
import { bytesInUse } from "./memory.ts";
import { exchange, type Heard, repliesIn } from "./raw-exchange.ts";
import { SLOW_HTTP } from "./slow-http.ts";
import { watchedOutput } from "./watched-output.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
const LEFT_OPEN = 500;
/** What the parts keep of 500 connections and some hundred requests is far less. */
const MOST_BYTES_KEPT = 48 * 1024 * 1024;

const system = localSystem(100);
let output: ReturnType<typeof watchedOutput>;
beforeAll(() => {
  process.env["LOG_LEVEL"] = "debug";
  output = watchedOutput(MARK);
});
afterAll(() => output.end());

/** Everything of local mode that listens. */
function servers(): [name: string, url: string][] {
  const { apiUrl, sandboxUrl = "" } = system();
  const endpoints = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_ENDPOINT_URL_"));
  return [
    ["gateway", apiUrl],
    ["sandbox", sandboxUrl],
    ...endpoints.map(([name, url = ""]): [string, string] => [name, url]),
  ];
}

const PLAYS = {
  ...SLOW_HTTP,
  ...Object.fromEntries(Object.entries(BROKEN_HTTP).map(([name, textFor]) => [name, textFor(MARK)])),
};

interface Tried extends Heard {
  server: string;
  name: string;
}

async function tryAll(): Promise<Tried[]> {
  const trying = servers().flatMap(([server, url]) =>
    Object.entries(PLAYS).map(async ([name, play]) => ({ server, name, ...(await exchange(url, play)) })),
  );
  return Promise.all(trying);
}

/** A whole journey uses every server. */
async function worksAsEver(): Promise<void> {
  const backend = new MobileBackend(targetOf(system()));
  const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect([isOver(steps), statuses(steps)[0]]).toEqual([true, "verify-credentials: success"]);
}

function statusesOf({ text, server, name }: Tried): number[] {
  try {
    return repliesIn(text).map(({ status }) => status);
  } catch {
    throw new Error(`${server}, ${name}: no HTTP: ${text.slice(0, 200)}`);
  }
}

let tried: Tried[] = [];
let growth = Number.NaN;
beforeAll(async () => {
  await worksAsEver();
  const before = await bytesInUse();
  tried = await tryAll();
  const after = await bytesInUse();
  growth = after.heap + after.buffers - before.heap - before.buffers;
}, 60_000);

test("whatever a socket sends is answered or cut within 15 s, and never by a 500", () => {
  // Who was answered in part is held as well: each connection has to have its end.
  const stuck = tried.filter(({ isClosed }) => !isClosed);
  expect(stuck.map(({ server, name }) => `${server}: ${name}`)).toEqual([]);
  const counts = new Map<number, number>();
  for (const one of tried) {
    for (const status of statusesOf(one)) {
      counts.set(status, (counts.get(status) ?? 0) + 1);
      expect(status, `${one.server}, ${one.name}`).toBeLessThan(500);
    }
  }
  const answered = tried.filter(({ text }) => text !== "").length;
  report(`${tried.length} sockets of ${Object.keys(PLAYS).length} kinds, ${answered} answered`, counts);
});

test("local mode works as ever afterwards, and has kept nothing", async () => {
  await worksAsEver();
  expect(growth).toBeLessThan(MOST_BYTES_KEPT);
});

test("the gateway refuses in our own shape and tells nothing of what was sent", () => {
  const refusals = tried
    .filter(({ server }) => server === "gateway")
    .flatMap(({ text }) => repliesIn(text))
    .filter(({ status }) => status >= 400);
  for (const { headers, body } of refusals) {
    expect(errorReply.safeParse(JSON.parse(body)).success, body).toBe(true);
    expect(`${headers}${body}`.toLowerCase()).not.toContain(MARK.toLowerCase());
  }
  expect(refusals.length).toBeGreaterThan(50);
  expect(output.marked).toEqual([]);
});

test.concurrent("hundreds of connections that are opened and left are closed, and hold up nobody", async () => {
  const leaving = servers().flatMap(([, url], index) =>
    Array.from({ length: index === 0 ? LEFT_OPEN : 20 }, (_, number) =>
      exchange(url, number % 2 === 0 ? "" : "POST /token HTTP/1.1\r\nHost: localhost\r\nX:"),
    ),
  );
  await worksAsEver();
  const left = await Promise.all(leaving);
  expect(left.filter(({ isClosed }) => !isClosed).length).toBe(0);
  report(`${left.length} connections left open`, new Map());
}, 40_000);

test.concurrent("a reply that nobody reads is not held for ever", async () => {
  const cut = Promise.withResolvers<void>();
  const server = createServer((_, response) => response.end(Buffer.alloc(32 * 1024 * 1024)));
  server.on("connection", (socket) => socket.once("close", () => cut.resolve()));
  const { url, close } = await listenLocally(server);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.pause().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await cut.promise;
  socket.destroy();
  await close();
}, 15_000);

function report(what: string, counts: Map<number, number>): void {
  output.end();
  const byStatus = [...counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  process.stdout.write(`${what}${byStatus.length > 0 ? `; ${byStatus.join(", ")}` : ""}\n`);
  output = watchedOutput(MARK);
}
