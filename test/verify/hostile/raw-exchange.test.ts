import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { exchange, repliesIn } from "./raw-exchange.ts";

const WHOLE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
const IN_CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
const INTERIM = "HTTP/1.1 100 Continue\r\n\r\n";

test("the replies of a connection are told apart", () => {
  const statuses = repliesIn(`${WHOLE}${IN_CHUNKS}${WHOLE}`).map(({ status, body }) => [status, body.length]);
  expect(statuses).toEqual([
    [200, 2],
    [200, 12],
    [200, 2],
  ]);
});

test("to a HEAD the head is all", () => {
  const head = WHOLE.slice(0, -2);
  expect(repliesIn(head, { toHead: true }).map(({ status, body }) => [status, body])).toEqual([[200, ""]]);
});

test.each([WHOLE, IN_CHUNKS])("%j without its end is an error", (reply) => {
  for (let length = 1; length < reply.length; length++)
    expect(() => repliesIn(`${WHOLE}${reply.slice(0, length)}`), `${length}`).toThrow();
});

test.each(["", INTERIM, WHOLE])("a server that says %j and then nothing has not closed", async (said) => {
  const server = createServer((socket) => void socket.write(said)).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const heard = await exchange(`http://127.0.0.1:${port}`, "GET / HTTP/1.1\r\n\r\n", 300);
  expect(heard.isClosed).toBe(false);
});
