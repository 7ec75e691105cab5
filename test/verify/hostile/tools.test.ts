import { createServer } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import * as z from "zod";
import { attack, HANGS_AFTER_MS, LIMITED, wrongWithReach } from "./attack.ts";
import { hostileRequest } from "./hostile-requests.ts";
import { Random } from "./odd-bodies.ts";
import { exchange, repliesIn } from "./raw-exchange.ts";

describe("an attack", () => {
  const health = { route: "health" as const, method: "GET", path: "/health" };
  const valid = { ...health, parameters: {}, query: {}, headers: {}, body: undefined };
  const ok = { statusCode: 200, headers: {}, body: "" };
  const requests = (count: number) =>
    Array.from({ length: count }, (_, number) =>
      hostileRequest(new Random(number), `Mark${number}x`, valid, "token"),
    ).values();
  const delayed = (ms: number) => new Promise<typeof ok>((resolve) => setTimeout(() => resolve(ok), ms));

  function holdClock(): void {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  }

  test("accepts a reply that is late on a busy machine", async () => {
    holdClock();
    const late = delayed(HANGS_AFTER_MS - 1);
    const ended = attack({ token: "token", send: () => late }, requests(8));
    await vi.advanceTimersByTimeAsync(HANGS_AFTER_MS - 1);
    expect(await ended).toEqual({ statuses: new Map([[200, 8]]), ids: new Set(), failures: [] });
  });

  test("names a request that hangs, and sends nothing after it", async () => {
    holdClock();
    const send = ({ mark }: { mark: string }) =>
      mark === "Mark0x" ? new Promise<never>(() => undefined) : delayed(1_000);
    const ended = attack({ token: "token", send }, requests(1_000));
    await vi.advanceTimersByTimeAsync(HANGS_AFTER_MS + 1_000);
    const { statuses, failures } = await ended;
    expect(failures).toEqual([expect.stringMatching(/^Error: It hangs: .*Mark0x/)]);
    expect(statuses.get(200)).toBeLessThan(500);
  });
});

describe("a raw exchange", () => {
  const WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  const IN_CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  const INTERIM = "HTTP/1.1 100 Continue\r\n\r\n";

  test("separates the replies of a connection", () => {
    const replies = repliesIn(`${WHOLE}${IN_CHUNKS}${WHOLE}`);
    expect(replies.map(({ status, body }) => `${status} ${body.length}`)).toEqual([
      "200 2",
      "200 12",
      "200 2",
    ]);
  });

  test("expects no body after the head of a reply to a HEAD", () => {
    const replies = repliesIn(WHOLE.slice(0, -2), { toHead: true });
    expect(replies.map(({ status, body }) => [status, body])).toEqual([[200, ""]]);
  });

  test.each([WHOLE, IN_CHUNKS])("fails when %j is cut at any byte", (reply) => {
    for (let length = 1; length < reply.length; length++)
      expect(() => repliesIn(`${WHOLE}${reply.slice(0, length)}`), `${length}`).toThrow();
  });

  test.each(["", INTERIM, WHOLE])("of %j and then silence is not closed", async (said) => {
    const server = createServer((socket) => void socket.write(said)).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = z.object({ port: z.number() }).parse(server.address());
    const heard = await exchange(`http://127.0.0.1:${port}`, "GET / HTTP/1.1\r\n\r\n", 300);
    expect(heard.isClosed).toBe(false);
  });
});

describe("the reach of requests", () => {
  const USUAL: readonly (readonly [status: number, count: number])[] = [
    ...([
      [200, 80],
      [202, 7],
      [400, 430],
      [401, 105],
    ] as const),
    ...([
      [404, 294],
      [409, 54],
      [413, 10],
      [415, 20],
    ] as const),
  ];

  test("is sufficient with the usual statuses", () => {
    expect(wrongWithReach(new Map(USUAL), 1_000)).toEqual([]);
  });

  test.each(USUAL.filter(([status]) => status !== 401))("is insufficient without a %i", (status, count) => {
    const statuses = new Map(USUAL).set(429, count);
    statuses.delete(status);
    expect(wrongWithReach(statuses, 1_000)).toEqual([`too few ${status}: 0 of 1000`]);
  });

  test("is insufficient when most requests are unauthorized", () => {
    const found = wrongWithReach(
      new Map([
        [401, 810],
        [400, 190],
      ]),
      1_000,
    );
    expect(found).toContain("too many 401: 810 of 1000");
    expect(found).toContain("too few 404: 0 of 1000");
  });

  test("is insufficient when a request has no reply", () => {
    expect(wrongWithReach(new Map(USUAL), 1_001)).toEqual(["1000 of 1001 were answered"]);
  });

  test("does not depend on the statuses of the rate limit, if the caller says so", () => {
    const statuses = new Map(USUAL).set(429, 61);
    for (const status of LIMITED) statuses.delete(status);
    expect(wrongWithReach(statuses, 1_000)).toHaveLength(2);
    expect(wrongWithReach(statuses, 1_000, LIMITED)).toEqual([]);
  });
});
