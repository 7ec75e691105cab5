import { afterAll, beforeAll, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { type Gateway, openGateway } from "../../infra/local/gateway.ts";
import { exchange, repliesIn } from "../verify/hostile/raw-exchange.ts";

let gateway: Gateway;
let queries: unknown[] = [];
beforeAll(async () => {
  gateway = await openGateway(0);
  gateway.serve([{ routeKey: "GET /health", functionArn: "health" }], async (_, event) => {
    queries.push(event);
    return { statusCode: 200, body: "{}" };
  });
});
afterAll(() => gateway.close());

const HOST = "Host: localhost\r\n";
const LONG = "a".repeat(300_000);

const REFUSED: [name: string, text: string, statuses: number[]][] = [
  ["no HTTP", "hello\r\n\r\n", [400]],
  ["no host", "GET /health HTTP/1.1\r\n\r\n", [400]],
  ["no route", `GET /nowhere HTTP/1.1\r\n${HOST}\r\n`, [404]],
  ["an expectation", `POST /health HTTP/1.1\r\n${HOST}Expect: miracles\r\nContent-Length: 0\r\n\r\n`, [417]],
  ["a long body", `GET /health HTTP/1.1\r\n${HOST}Content-Length: ${LONG.length}\r\n\r\n${LONG}`, [413]],
  ["long headers", `GET /health HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`, [431]],
  ["noise behind a request", `GET /health HTTP/1.1\r\n${HOST}\r\n\0\r\n\r\n`, [200, 400]],
  ["a body that ends early", `GET /health HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, [400]],
];

test.each(REFUSED)("%s is refused in the shape of our errors", async (_, text, statuses) => {
  const replies = repliesIn((await exchange(gateway.url, (socket) => void socket.end(text))).text);
  expect(replies.map(({ status }) => status)).toEqual(statuses);
  const { headers, body } = replies.at(-1) ?? { headers: "", body: "" };
  expect(errorReply.safeParse(JSON.parse(body)).success, body).toBe(true);
  expect(headers).toMatch(/^cache-control: no-store\r$/im);
});

test("a question mark in a query is a part of it", async () => {
  queries = [];
  await fetch(`${gateway.url}/health?a=b?c=d`);
  expect(queries).toMatchObject([{ rawPath: "/health", rawQueryString: "a=b?c=d" }]);
});
