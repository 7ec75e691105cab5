import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Gateway, openGateway } from "../../infra/local/gateway.ts";

const event = z.object({
  routeKey: z.string(),
  rawPath: z.string(),
  rawQueryString: z.string(),
  pathParameters: z.record(z.string(), z.string()),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
});
const routes = ["GET /jobs/{jobId}", "DELETE /jobs/{jobId}", "$default"].map((routeKey) => ({
  routeKey,
  functionArn: routeKey,
}));

let gateway: Gateway;
let seen: z.infer<typeof event>[] = [];

beforeAll(async () => {
  gateway = await openGateway(0);
  gateway.serve(routes, async (functionArn, given) => {
    seen.push(event.parse(given));
    const statusCode = functionArn === "$default" ? 405 : 202;
    return { statusCode, headers: { allow: "GET, DELETE" }, body: JSON.stringify({ functionArn }) };
  });
});
afterAll(() => gateway.close());

async function call(method: string, path: string, body?: string) {
  seen = [];
  const reply = await fetch(`${gateway.url}${path}`, { method, ...(body !== undefined && { body }) });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}

describe("a DELETE", () => {
  test("is its route's, with its parameters, and needs no body", async () => {
    const { status, text } = await call("DELETE", "/jobs/a?x=1");
    expect([status, JSON.parse(text)]).toEqual([202, { functionArn: "DELETE /jobs/{jobId}" }]);
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

  test("may have one", async () => {
    await call("DELETE", "/jobs/a", "why");
    expect(Buffer.from(seen[0]?.body ?? "", "base64").toString()).toBe("why");
  });
});

test("a header that comes twice is one, with both: neither of two tokens is dropped unseen", async () => {
  seen = [];
  const headers = ["Host", "localhost", "Authorization", "Bearer a", "Authorization", "Bearer b"];
  const sent = request(`${gateway.url}/jobs/a`, { headers }).end();
  await once(sent, "response");
  sent.destroy();
  expect(seen[0]?.headers).toMatchObject({ authorization: "Bearer a, Bearer b" });
});

describe("a HEAD", () => {
  test("is not its GET's: the catch-all answers it, with all headers and no body", async () => {
    const { status, headers, text } = await call("HEAD", "/jobs/a");
    expect([status, text]).toEqual([405, ""]);
    expect(headers.get("allow")).toBe("GET, DELETE");
    expect(Number(headers.get("content-length"))).toBe(JSON.stringify({ functionArn: "$default" }).length);
    expect(seen).toMatchObject([{ routeKey: "$default", requestContext: { http: { method: "HEAD" } } }]);
  });
});
