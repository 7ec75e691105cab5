import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { endpointOf, ROUTE_NAMES, ROUTES } from "../../../functions/routes.ts";
import { type Gateway, openGateway } from "../../../infra/local/gateway.ts";
import { localTables } from "../../../infra/local/local-tables.ts";
import { isLoopbackHost } from "../../../infra/local/loopback.ts";
import { routeMatcher } from "../../../infra/local/route-matcher.ts";
import { exchange, repliesIn } from "../hostile/raw-exchange.ts";

const event = z.object({
  routeKey: z.string(),
  rawPath: z.string(),
  rawQueryString: z.string(),
  pathParameters: z.record(z.string(), z.string()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
});
const served = ["GET /health", "GET /jobs/{jobId}", "DELETE /jobs/{jobId}", "$default"];
const TABLES = { dynamodb: "http://127.0.0.1:8000", jobsTable: "jobs" };

let gateway: Gateway;
let seen: z.infer<typeof event>[];

beforeAll(async () => {
  gateway = await openGateway(0);
  const routes = served.map((routeKey) => ({ routeKey, functionArn: routeKey }));
  const invoke = async (functionArn: string, given: unknown) => {
    seen.push(event.parse(given));
    const statusCode = functionArn === "$default" ? 405 : 202;
    return { statusCode, headers: { allow: "GET, DELETE" }, body: JSON.stringify({ functionArn }) };
  };
  gateway.serve({ routes }, invoke, TABLES);
});
afterAll(() => gateway.close());
beforeEach(() => {
  seen = [];
});

/** Sends headers that fetch does not let through. */
async function send(method: string, path: string, headers: Record<string, string> | string[]) {
  const asked = request(`${gateway.url}${path}`, { method, headers }).end();
  const answered: Promise<[IncomingMessage]> = once(asked, "response").then(([reply]) => [reply]);
  const [reply] = await answered;
  return { status: reply.statusCode, body: await text(reply) };
}

describe("A function's event has", () => {
  test("the route, its parameters, the path and the query of a DELETE, and no body", async () => {
    const reply = await fetch(`${gateway.url}/jobs/a?x=1`, { method: "DELETE" });
    expect([reply.status, await reply.json()]).toEqual([202, { functionArn: "DELETE /jobs/{jobId}" }]);
    expect(seen).toMatchObject([
      {
        routeKey: "DELETE /jobs/{jobId}",
        rawPath: "/jobs/a",
        rawQueryString: "x=1",
        pathParameters: { jobId: "a" },
        requestContext: { http: { method: "DELETE" } },
      },
    ]);
    expect(seen[0]).not.toHaveProperty("body");
  });

  test("the body of a DELETE that has one", async () => {
    await fetch(`${gateway.url}/jobs/a`, { method: "DELETE", body: "why" });
    expect(Buffer.from(seen[0]?.body ?? "", "base64").toString()).toBe("why");
  });

  test("a question mark that is part of the query", async () => {
    await fetch(`${gateway.url}/health?a=b?c=d`);
    expect(seen).toMatchObject([{ rawPath: "/health", rawQueryString: "a=b?c=d" }]);
  });

  test("both values of a header that comes twice: neither of two tokens is dropped", async () => {
    await send("GET", "/jobs/a", [
      "Host",
      "localhost",
      "Authorization",
      "Bearer a",
      "Authorization",
      "Bearer b",
    ]);
    expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer a, Bearer b" });
  });
});

test("A HEAD goes to the catch-all and not to its GET, and is answered with all headers and no body", async () => {
  const reply = await fetch(`${gateway.url}/jobs/a`, { method: "HEAD" });
  expect([reply.status, await reply.text(), reply.headers.get("allow")]).toEqual([405, "", "GET, DELETE"]);
  const length = JSON.stringify({ functionArn: "$default" }).length;
  expect(Number(reply.headers.get("content-length"))).toBe(length);
  expect(seen).toMatchObject([{ routeKey: "$default", requestContext: { http: { method: "HEAD" } } }]);
});

describe("The gateway refuses in the format of our errors", () => {
  const HOST = "Host: localhost\r\n";
  const LONG = "a".repeat(300_000);
  const EXPECTS = `POST /health HTTP/1.1\r\n${HOST}Expect: miracles\r\nContent-Length: 0\r\n\r\n`;

  test.each<[string, string, number[]]>([
    ["bytes that are no HTTP", "hello\r\n\r\n", [400]],
    ["a request without a host", "GET /health HTTP/1.1\r\n\r\n", [400]],
    ["an expectation", EXPECTS, [417]],
    ["a long body", `GET /health HTTP/1.1\r\n${HOST}Content-Length: ${LONG.length}\r\n\r\n${LONG}`, [413]],
    ["long headers", `GET /health HTTP/1.1\r\n${HOST}X: ${LONG}\r\n\r\n`, [431]],
    ["bytes after a request", `GET /health HTTP/1.1\r\n${HOST}\r\n\0\r\n\r\n`, [202, 400]],
    ["a body that ends early", `GET /health HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`, [400]],
  ])("%s", async (_, bytes, statuses) => {
    const { text: replied } = await exchange(gateway.url, (socket) => void socket.end(bytes));
    const replies = repliesIn(replied);
    expect(replies.map(({ status }) => status)).toEqual(statuses);
    const { headers, body } = replies.at(-1) ?? { headers: "", body: "" };
    expect(errorReply.safeParse(JSON.parse(body)).success, body).toBe(true);
    expect(headers).toMatch(/^cache-control: no-store\r$/im);
  });
});

describe("A function's result", () => {
  async function answering(result: object) {
    const other = await openGateway(0);
    onTestFinished(() => other.close());
    other.serve({ routes: [{ routeKey: "GET /health", functionArn: "f" }] }, async () => result);
    return fetch(`${other.url}/health`);
  }

  test("may be bytes in base64", async () => {
    const body = Buffer.from([0, 255, 1]).toString("base64");
    const reply = await answering({ statusCode: 200, body, isBase64Encoded: true });
    expect([...new Uint8Array(await reply.arrayBuffer())]).toEqual([0, 255, 1]);
  });

  test("is an error beyond Lambda's limit, in which each quote counts twice", async () => {
    const almost = 6_291_556 - JSON.stringify({ statusCode: 200, body: "" }).length;
    expect((await answering({ statusCode: 200, body: "x".repeat(almost) })).status).toBe(200);
    expect((await answering({ statusCode: 200, body: `"${"x".repeat(almost - 1)}` })).status).toBe(500);
  });
});

describe("The address of the tables", () => {
  test.each(["127.0.0.1:3000", "localhost", "LOCALHOST:3000", "[::1]:3000"])(
    "is given to a program that calls %s",
    async (host) => {
      const { status, body } = await send("GET", "/_local", { host });
      expect([status, localTables.parse(JSON.parse(body))]).toEqual([200, TABLES]);
    },
  );

  test.each([
    { host: "evil.example" },
    { host: "evil.example:3000" },
    { host: "127.0.0.1.evil.example" },
    { host: "localhost.evil.example" },
    { host: "localhost", origin: "https://evil.example" },
  ])("is not given to a web page, which sends %j", async (headers) => {
    const { status, body } = await send("GET", "/_local", headers);
    expect([status, errorReply.parse(JSON.parse(body)).data[0]?.code]).toEqual([403, "forbidden-access"]);
  });

  test.each([
    "",
    "127.0.0.2",
    "127.0.0.1:",
    "127.0.0.1@evil.example",
    "localhost.",
    "evil.example#localhost",
  ])("is not given to a page of the host %j", (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });

  test.each(["POST", "PUT", "DELETE"])("is not given for a %s", async (method) => {
    expect(await send(method, "/_local", { host: "localhost" })).toMatchObject({ status: 405 });
  });
});

describe.each([false, true])(
  "A request is routed, whatever the order of the routes (reversed: %s):",
  (isReversed) => {
    const listed = Object.entries(ROUTES).map(([name, { method, path }]) => ({
      routeKey: `${method} ${path}`,
      functionArn: name,
    }));
    const preflights = { routeKey: "OPTIONS /{proxy+}", functionArn: "preflights" };
    const routes = [...listed, preflights, { routeKey: "$default", functionArn: "refuse" }];
    const match = routeMatcher(isReversed ? routes.toReversed() : routes);
    const matched = (asked: string) => {
      const [method = "", path = ""] = asked.split(" ");
      return match(method, path);
    };

    const CALLS: readonly [request: string, name: string, parameters: object][] = [
      ["POST /token", "issue-token", {}],
      ["POST /users/u/connections", "create-connection", { userId: "u" }],
      ["POST /users/u/connections/refresh", "refresh-connections", { userId: "u" }],
      ["POST /users/u/connections/c", "update-connection", { userId: "u", connectionId: "c" }],
      ["POST /users/u/connections/c/refresh", "refresh-connection", { userId: "u", connectionId: "c" }],
      [
        "POST /users/u/connections/refresh/refresh",
        "refresh-connection",
        { userId: "u", connectionId: "refresh" },
      ],
      ["POST /users/u/connections/Refresh", "update-connection", { userId: "u", connectionId: "Refresh" }],
      ["POST /users/u/connections/a%2Fb", "update-connection", { userId: "u", connectionId: "a/b" }],
      ["GET /users/u/jobs", "list-jobs", { userId: "u" }],
      ["POST /users/u/jobs", "adopt-jobs", { userId: "u" }],
      ["POST /users/u/statements", "create-statement", { userId: "u" }],
      ["DELETE /users/u/consents/c", "delete-consent", { userId: "u", consentId: "c" }],
      ["GET /jobs/j", "get-job", { jobId: "j" }],
      ["GET /jobs/j/changes", "job-changes", { jobId: "j" }],
      ["DELETE /jobs/j", "cancel-job", { jobId: "j" }],
      ["POST /jobs/j/resume", "resume-job", { jobId: "j" }],
      ["DELETE /users/u/connections/refresh", "delete-connection", { userId: "u", connectionId: "refresh" }],
      ["DELETE /users/u", "erase-user", { userId: "u" }],
      ["POST /jobs/j/mfa", "answer-mfa", { jobId: "j" }],
      ["GET /events", "list-events", {}],
      ["GET /events/types", "list-event-types", {}],
      ["GET /events/types/job.created", "get-event-type", { eventTypeId: "job.created" }],
      ["GET /events/e", "get-event", { eventId: "e" }],
      ["POST /notifications/webhooks", "create-webhook", {}],
      ["GET /notifications/webhooks", "list-webhooks", {}],
      ["GET /notifications/webhooks/w", "get-webhook", { webhookId: "w" }],
      ["POST /notifications/webhooks/w", "update-webhook", { webhookId: "w" }],
      ["DELETE /notifications/webhooks/w", "delete-webhook", { webhookId: "w" }],
      ["POST /notifications/webhooks/w/secret", "rotate-webhook-secret", { webhookId: "w" }],
      ["POST /notifications/webhooks/w/replay", "replay-webhook-messages", { webhookId: "w" }],
      ["GET /notifications/webhooks/w/messages", "list-webhook-messages", { webhookId: "w" }],
      ["GET /notifications/webhooks/w/messages/m", "get-webhook-message", { webhookId: "w", messageId: "m" }],
      [
        "POST /notifications/webhooks/w/messages/m/resend",
        "resend-webhook-message",
        { webhookId: "w", messageId: "m" },
      ],
      ["POST /notifications/messages/test", "send-test-message", {}],
      ["POST /upstream/notifications", "receive-notification", {}],
      ["POST /users/u/auth_link", "create-auth-link", { userId: "u" }],
      ["GET /users/u/auth_link", "get-auth-link", { userId: "u" }],
      ["DELETE /users/u/auth_link", "delete-auth-link", { userId: "u" }],
      ["GET /c/l", "open-link", { linkId: "l" }],
      ["POST /c/l", "press-link", { linkId: "l" }],
      ["GET /connect", "connect-banks", {}],
      ["GET /connect/login", "connect-login-form", {}],
      ["POST /connect/login", "connect-login", {}],
      ["GET /connect/jobs/j", "connect-job", { jobId: "j" }],
      ["GET /connect/jobs/j/changes", "connect-changes", { jobId: "j" }],
      ["POST /connect/jobs/j/mfa", "connect-answer", { jobId: "j" }],
      ["POST /connect/jobs/j/cancel", "connect-cancel", { jobId: "j" }],
      ["POST /connect/jobs/j/resume", "connect-resume", { jobId: "j" }],
      ["GET /consent/return", "consent-return", {}],
      ["GET /institutions/i/health", "institution-health", { institutionId: "i" }],
      ["GET /health", "health", {}],
      ["GET /openapi.json", "openapi", {}],
    ];
    test.each(CALLS)("%s to %s", (asked, functionArn, parameters) => {
      expect(matched(asked)).toMatchObject({ functionArn, parameters });
    });

    test("OPTIONS to the route of preflights, with all of the path but the root", () => {
      expect(matched("OPTIONS /users/u/jobs")).toMatchObject({
        functionArn: "preflights",
        parameters: { proxy: "users/u/jobs" },
      });
      expect(matched("OPTIONS /")).toMatchObject({ functionArn: "refuse" });
    });

    test("to every function of the routes", () => {
      const own = ROUTE_NAMES.filter((name) => endpointOf(name) !== "pass-through");
      expect(new Set(CALLS.map(([, name]) => name))).toEqual(new Set(own));
    });

    test.each([
      "HEAD /jobs/j",
      "PUT /jobs/j",
      "DELETE /jobs/j/resume",
      "POST /users//connections/refresh",
      "POST /users/u/connections//refresh",
      "POST /users/u/connections/c/refresh/",
      "GET /",
    ])("%s to the catch-all", (asked) => {
      expect(matched(asked)).toEqual({ routeKey: "$default", functionArn: "refuse", parameters: {} });
    });
  },
);

describe("A web page of another origin", () => {
  const PAGE = "https://app.example";
  const METHODS = { "access-control-allow-methods": "GET,POST", "access-control-max-age": "3600" };
  const HEADERS = { "access-control-allow-headers": "authorization", ...METHODS };
  const EXPOSED = { "access-control-expose-headers": "etag" };
  const SERVED = ["GET /health", "OPTIONS /{proxy+}", "$default"];

  async function call(method: string, path: string, headers: Record<string, string>, origins = [PAGE]) {
    const other = await openGateway(0);
    onTestFinished(() => other.close());
    const routes = SERVED.map((routeKey) => ({ routeKey, functionArn: routeKey }));
    const cors = {
      AllowOrigins: origins,
      AllowMethods: ["GET", "POST"],
      AllowHeaders: ["authorization"],
      ExposeHeaders: ["etag"],
      MaxAge: 3600,
    };
    other.serve({ routes, cors }, async (routeKey) => ({
      statusCode: routeKey === "$default" ? 405 : routeKey === "GET /health" ? 200 : 204,
    }));
    const reply = await fetch(`${other.url}${path}`, { method, headers });
    const named = [...reply.headers].filter(([name]) => name.startsWith("access-control-"));
    return [reply.status, Object.fromEntries(named)];
  }

  const asks = (origin: string) => ({ origin, "access-control-request-method": "POST" });
  const allows = (origin: string) => ({ "access-control-allow-origin": origin });

  test.each<[string, unknown[], Parameters<typeof call>]>([
    ["gets a preflight on any path", [204, { ...allows(PAGE), ...HEADERS }], ["OPTIONS", "/a/b", asks(PAGE)]],
    [
      "gets a preflight where all may call",
      [204, { ...allows("*"), ...HEADERS }],
      ["OPTIONS", "/health", asks(PAGE), ["*"]],
    ],
    [
      "gets no leave in a preflight if it is not of the origins",
      [204, {}],
      ["OPTIONS", "/health", asks("https://evil.example")],
    ],
    ["reads a reply", [200, { ...allows(PAGE), ...EXPOSED }], ["GET", "/health", { origin: PAGE }]],
    ["reads a refusal", [405, { ...allows(PAGE), ...EXPOSED }], ["PUT", "/health", { origin: PAGE }]],
    [
      "reads no reply if it is not of the origins",
      [200, {}],
      ["GET", "/health", { origin: "https://app.example.evil.example" }],
    ],
    ["is no program without an origin, which gets no such header", [200, {}], ["GET", "/health", {}]],
  ])("%s", async (_, expected, given) => {
    expect(await call(...given)).toEqual(expected);
  });
});

test("A request that no route takes is a 404 where there is no catch-all", async () => {
  const other = await openGateway(0);
  try {
    const routes = [{ routeKey: "GET /health", functionArn: "health" }];
    other.serve({ routes }, async () => ({ statusCode: 200 }));
    const reply = await fetch(`${other.url}/nowhere`);
    expect([reply.status, errorReply.parse(await reply.json()).data[0]?.code]).toEqual([
      404,
      "resource-not-found",
    ]);
  } finally {
    await other.close();
  }
});
