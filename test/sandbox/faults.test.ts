import { describe, expect, test } from "vitest";
import { createBody, createPath, fault, jobCount } from "./faulting.ts";
import { openSandbox } from "./open-sandbox.ts";
import { refusalShape } from "./reply-shapes.ts";

describe("a fault", () => {
  test("replies as it says, as often as it says, and does no work", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 2, { status: 503, retryAfter: "2" });
    for (const _ of [1, 2]) {
      const reply = await bank.send("POST", createPath, { body: createBody });
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "2"]);
      expect(refusalShape.parse(JSON.parse(reply.text)).data[0]?.code).toBe("service-unavailable");
    }
    expect(await jobCount(bank)).toBe(0);
    expect((await bank.send("POST", createPath, { body: createBody })).status).toBe(202);
  });

  test.each([
    [401, "invalid-authorization-token"],
    [403, "access-denied"],
    [404, "resource-not-found"],
    [409, "parameter-not-valid"],
    [429, "too-many-requests"],
    [500, "internal-server-error"],
  ])("of status %i has a code that goes with it, and no Retry-After unless asked", async (status, code) => {
    const bank = await openSandbox();
    await fault(bank, "GET", "/institutions", 1, { status });
    const reply = await bank.send("GET", "/institutions");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([status, null]);
    expect(refusalShape.parse(JSON.parse(reply.text)).data[0]?.code).toBe(code);
  });

  test("lets a call through after its delay", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 1, { delayMs: 1 });
    expect((await bank.send("POST", createPath, { body: createBody })).status).toBe(202);
    expect(await jobCount(bank)).toBe(1);
  });

  test("replies with a page where JSON was expected", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", createPath, 1, { body: "<html>busy</html>" });
    const reply = await bank.send("POST", createPath, { body: createBody });
    expect([reply.status, reply.headers.get("content-type"), reply.text]).toEqual([
      200,
      "text/html",
      "<html>busy</html>",
    ]);
    expect(await jobCount(bank)).toBe(0);
  });

  test("replies with a page and a status", async () => {
    const bank = await openSandbox();
    await fault(bank, "GET", "/institutions", 1, { status: 502, body: "<html>", retryAfter: "7" });
    const reply = await bank.send("GET", "/institutions");
    expect([reply.status, reply.text, reply.headers.get("retry-after")]).toEqual([502, "<html>", "7"]);
  });

  test("comes before the token is looked at", async () => {
    const bank = await openSandbox();
    await fault(bank, "GET", "/institutions", 1, { status: 500 });
    expect((await bank.send("GET", "/institutions", { token: null })).status).toBe(500);
  });
});

describe("a fault's path", () => {
  test.each([
    ["/institutions/AU00000", true],
    ["/institutions/*", true],
    ["/*", true],
    ["*", false],
    ["/*/AU0*0", true],
    ["/institutions/AU00000*", false],
    ["/institutions", false],
    ["/institutions/.......", false],
  ])("%s hits /institutions/AU00000: %s", async (path, hits) => {
    const bank = await openSandbox();
    const reply = await fault(bank, "GET", path, 1, { status: 500 });
    expect(reply.status).toBe(path.startsWith("/") ? 200 : 400);
    expect((await bank.send("GET", "/institutions/AU00000?x=1")).status).toBe(hits ? 500 : 200);
  });

  test("may run over slashes", async () => {
    const bank = await openSandbox();
    await fault(bank, "GET", "/users/*", 1, { status: 500 });
    expect((await bank.send("GET", "/users/u/jobs")).status).toBe(500);
  });

  test("hits only its own method", async () => {
    const bank = await openSandbox();
    await fault(bank, "POST", "/*", 1, { status: 500 });
    expect((await bank.send("GET", "/institutions")).status).toBe(200);
    expect((await bank.send("POST", createPath, { body: createBody })).status).toBe(500);
  });

  test("never hits the control side", async () => {
    const bank = await openSandbox();
    await fault(bank, "GET", "/*", 1, { status: 500 });
    expect((await bank.control("GET", "/ledger")).status).toBe(200);
    expect((await bank.send("GET", "/institutions")).status).toBe(500);
  });
});
