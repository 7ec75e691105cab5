import { randomBytes } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createServer, Server } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { isOver, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { BROKEN_HTTP, SLOW_HTTP } from "./broken-http.ts";
import { exchange, type Received, repliesIn } from "./raw-exchange.ts";
import { bytesInUse, watchedOutput } from "./watched-process.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
const LEFT_OPEN = 500;
/** Far more than 500 connections and some hundred requests need. */
const MOST_BYTES_KEPT = 48 * 1024 * 1024;
/** A server holds a connection for no longer than this. */
const MOST_MS_HELD = 15_000;

const PLAYS = {
  ...SLOW_HTTP,
  ...Object.fromEntries(Object.entries(BROKEN_HTTP).map(([name, textFor]) => [name, textFor(MARK)])),
};

interface Tried extends Received {
  server: string;
  name: string;
}

const system = localSystem(100);
let output: ReturnType<typeof watchedOutput>;
let tried: Tried[] = [];
let growth = Number.NaN;

/** The HTTP servers that have received a request, by their addresses. */
const serving = new Map<string, Server>();
const started = z.object({ server: z.instanceof(Server) });
const bound = z.object({ port: z.number() });
function noteServer(message: unknown): void {
  const { server } = started.parse(message);
  serving.set(`http://127.0.0.1:${bound.parse(server.address()).port}`, server);
}

/** Everything in local mode that listens. */
function servers(): [name: string, url: string][] {
  const { apiUrl, sandboxUrl = "" } = system();
  const endpoints = Object.entries(process.env).filter(([name]) => name.startsWith("AWS_ENDPOINT_URL_"));
  return [
    ["gateway", apiUrl],
    ["sandbox", sandboxUrl],
    ...endpoints.map(([name, url = ""]): [string, string] => [name, url]),
  ];
}

/** A whole journey uses every server. */
async function expectAJourney(): Promise<void> {
  const backend = new MobileBackend(targetOf(system()));
  const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
  expect([isOver(steps), statuses(steps)[0]]).toEqual([true, "verify-credentials: success"]);
}

beforeAll(async () => {
  process.env["LOG_LEVEL"] = "debug";
  output = watchedOutput(MARK);
  subscribe("http.server.request.start", noteServer);
  await expectAJourney();
  const before = await bytesInUse();
  const trying = servers().flatMap(([server, url]) =>
    Object.entries(PLAYS).map(async ([name, play]) => ({ server, name, ...(await exchange(url, play)) })),
  );
  tried = await Promise.all(trying);
  const after = await bytesInUse();
  growth = after.heap + after.buffers - before.heap - before.buffers;
});
afterAll(() => {
  unsubscribe("http.server.request.start", noteServer);
  output.end();
});

test("each connection is answered or closed by the server, and no reply is 500 or above", () => {
  // A connection that was answered in part has to be closed too.
  const stuck = tried.filter(({ isClosed }) => !isClosed);
  expect(stuck.map(({ server, name }) => `${server}: ${name}`)).toEqual([]);
  const counts = new Map<number, number>();
  for (const { server, name, text } of tried) {
    const statuses = repliesOf(text, `${server}, ${name}`).map(({ status }) => status);
    for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
    expect(Math.max(0, ...statuses), `${server}, ${name}`).toBeLessThan(500);
  }
  const answered = tried.filter(({ text }) => text !== "").length;
  const byStatus = [...counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  report(
    `${tried.length} sockets of ${Object.keys(PLAYS).length} kinds, ${answered} answered; ${byStatus.join(", ")}`,
  );
});

function repliesOf(text: string, who: string) {
  try {
    return repliesIn(text);
  } catch {
    throw new Error(`${who}: no HTTP: ${text.slice(0, 200)}`);
  }
}

// The limits themselves, not the time: this process runs clients, servers and functions, and may see a close late.
test.each(["gateway", "sandbox", "DYNAMODB", "KMS", "SECRETS_MANAGER", "SFN"])(
  "the server %s holds a connection for at most 15 s",
  (wanted) => {
    const [, url = ""] = servers().find(([name]) => name.endsWith(wanted)) ?? [];
    const server = serving.get(url);
    if (server === undefined) throw new Error(`No server listens at ${url}.`);
    const { headersTimeout, requestTimeout, keepAliveTimeout } = server;
    const limits = [headersTimeout, requestTimeout, keepAliveTimeout];
    const interval = Number(Reflect.get(server, "connectionsCheckingInterval"));
    expect(Math.min(...limits)).toBeGreaterThan(0);
    expect(Math.max(...limits) + interval).toBeLessThan(MOST_MS_HELD);
  },
);

test("a journey succeeds afterwards, and no memory is kept", async () => {
  await expectAJourney();
  expect(growth).toBeLessThan(MOST_BYTES_KEPT);
});

test("the gateway refuses in the shape of our errors, and repeats nothing of the input", () => {
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

test.concurrent("hundreds of abandoned connections are closed, and a journey succeeds meanwhile", async () => {
  const leaving = servers().flatMap(([, url], index) =>
    Array.from({ length: index === 0 ? LEFT_OPEN : 20 }, (_, number) =>
      exchange(url, number % 2 === 0 ? "" : "POST /token HTTP/1.1\r\nHost: localhost\r\nX:"),
    ),
  );
  await expectAJourney();
  const left = await Promise.all(leaving);
  expect(left.filter(({ isClosed }) => !isClosed).length).toBe(0);
  report(`${left.length} connections left open`);
});

test.concurrent("the connection of a client that does not read its reply is closed", async () => {
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
});

function report(line: string): void {
  output.end();
  process.stdout.write(`${line}\n`);
  output = watchedOutput(MARK);
}
