import { describe, expect, test } from "vitest";
import { apiHandler } from "../../functions/http/api-handler.ts";
import type { HttpRequest } from "../../functions/http/request.ts";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { capturedLines } from "../support/captured-output.ts";

const LIMIT = 16 * 1024;
const written = capturedLines();

/** One request to a function that answers it in this way. */
function replyOf(answer: (request: HttpRequest) => object, body = "") {
  const handler = apiHandler("health", async (request) => ({ status: 200, body: answer(request) }));
  return handler({ rawPath: "/health", body, requestContext: { http: { method: "GET" } } });
}

function refusing(error: unknown) {
  return replyOf(() => {
    throw error;
  });
}

describe("every reply", () => {
  test.each([
    ["an answer", () => ({})],
    ["a refusal", () => Promise.reject(new Refusal("job-not-found"))],
  ])("is kept out of caches: %s", async (_, answer) => {
    const handler = apiHandler("health", async () => ({ status: 200, body: await answer() }));
    const reply = await handler({ rawPath: "/health", requestContext: { http: { method: "GET" } } });
    expect(reply.headers).toMatchObject({ "cache-control": "no-store", "content-type": "application/json" });
  });
});

describe("an error of ours", () => {
  const error = Object.assign(new Error("row of hooli2016"), {
    cause: new Error("hooli2016"),
    problems: [{ reason: "hooli2016" }],
    input: "hooli2016",
  });

  test("is told in constant words, and nothing of it leaves", async () => {
    const reply = await refusing(error);
    expect(reply.statusCode).toBe(500);
    expect(JSON.parse(reply.body)).toEqual({
      type: "list",
      correlationId: expect.any(String),
      data: [
        {
          type: "error",
          code: "internal-server-error",
          title: "Internal Server error.",
          detail: "Internal Server error. Contact support.",
        },
      ],
    });
    expect(JSON.stringify(reply) + written.text()).not.toContain("hooli2016");
    expect(written.text()).toContain('"errorName":"Error"');
  });

  test("that is none is no different", async () => {
    const reply = await refusing("hooli2016");
    expect(reply.statusCode).toBe(500);
    expect(JSON.stringify(reply) + written.text()).not.toContain("hooli2016");
  });
});

describe("when to come again", () => {
  test("is said where it is known", async () => {
    const refusal = new Refusal({ reason: "too-many-refused-logins", retryAfterSeconds: 17 });
    expect(await refusing(refusal)).toMatchObject({ statusCode: 429, headers: { "retry-after": "17" } });
  });

  test("is soon, when something is down", async () => {
    expect(await refusing(new DependencyDown())).toMatchObject({
      statusCode: 503,
      headers: { "retry-after": "5" },
    });
  });
});

describe("a body", () => {
  const sizeOf = (request: HttpRequest) => ({ size: request.text().length });

  test("of 16 KiB is read", async () => {
    expect((await replyOf(sizeOf, "x".repeat(LIMIT))).body).toBe(`{"size":${LIMIT}}`);
  });

  test.each(["x".repeat(LIMIT + 1), "é".repeat(LIMIT / 2 + 1)])("over it is refused", async (text) => {
    expect((await replyOf(sizeOf, text)).statusCode).toBe(413);
  });
});
