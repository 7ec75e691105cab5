import { describe, expect, test } from "vitest";
import { connectionsPath, createBody, openSandbox } from "./open-sandbox.ts";
import { refusalShape } from "./reply-shapes.ts";

const path = connectionsPath();

describe("a fault", () => {
  test("replies as often as it says, and the call does nothing", async () => {
    const bank = await openSandbox();
    await bank.fault("POST", path, 2, { status: 503, retryAfter: "2" });
    for (const _ of [1, 2]) {
      const reply = await bank.send("POST", path, { body: createBody });
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "2"]);
      expect(refusalShape.parse(JSON.parse(reply.text)).data[0]?.code).toBe("service-unavailable");
    }
    expect(await bank.jobsOf()).toEqual([]);
    expect((await bank.send("POST", path, { body: createBody })).status).toBe(202);
  });

  test.each([
    [401, "invalid-authorization-token"],
    [404, "resource-not-found"],
    [409, "parameter-not-valid"],
    [429, "too-many-requests"],
    [500, "internal-server-error"],
  ])("of status %i has a code that fits, and no Retry-After unless it is set", async (status, code) => {
    const bank = await openSandbox();
    await bank.fault("GET", "/institutions", 1, { status });
    const reply = await bank.send("GET", "/institutions", { token: null });
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([status, null]);
    expect(refusalShape.parse(JSON.parse(reply.text)).data[0]?.code).toBe(code);
  });

  test.each([
    [200, null, { body: "<html>busy</html>" }],
    [502, "7", { body: "<html>busy</html>", status: 502, retryAfter: "7" }],
  ])("replies %i with a page in place of JSON, and the call does nothing", async (status, after, action) => {
    const bank = await openSandbox();
    await bank.fault("POST", path, 1, action);
    const reply = await bank.send("POST", path, { body: createBody });
    expect([reply.status, reply.headers.get("retry-after"), reply.text]).toEqual([
      status,
      after,
      action.body,
    ]);
    expect(reply.headers.get("content-type")).toBe("text/html");
    expect(await bank.jobsOf()).toEqual([]);
  });
});

describe("the path of a fault", () => {
  test.each([
    ["/institutions/AU00000", true],
    ["/institutions/*", true],
    ["/*", true],
    ["/*/AU0*0", true],
    ["/institutions/AU00000*", false],
    ["/institutions", false],
    ["/institutions/.......", false],
  ])("%s matches /institutions/AU00000: %s", async (pattern, matches) => {
    const bank = await openSandbox();
    expect((await bank.fault("GET", pattern, 1, { status: 500 })).status).toBe(200);
    expect((await bank.send("GET", "/institutions/AU00000?x=1")).status).toBe(matches ? 500 : 200);
  });

  test("must begin with a slash, and may match over slashes", async () => {
    const bank = await openSandbox();
    expect((await bank.fault("GET", "*", 1, { status: 500 })).status).toBe(400);
    await bank.fault("GET", "/users/*", 1, { status: 500 });
    expect((await bank.send("GET", "/users/u/jobs")).status).toBe(500);
  });

  test("matches calls of its own method only, and never a control call", async () => {
    const bank = await openSandbox();
    await bank.fault("POST", "/*", 1, { status: 500 });
    expect((await bank.send("GET", "/institutions")).status).toBe(200);
    expect((await bank.send("POST", path, { body: createBody })).status).toBe(500);
    await bank.fault("GET", "/*", 1, { status: 500 });
    expect((await bank.control("GET", "/ledger")).status).toBe(200);
    expect((await bank.send("GET", "/institutions")).status).toBe(500);
  });
});

describe("a list of faults", () => {
  const entry = { method: "GET", path: "/institutions", times: 1 };
  const status = 500;

  test("is used in its order, and replaces the list before", async () => {
    const bank = await openSandbox();
    const statuses = async () => {
      const replies = [];
      for (const _ of [1, 2, 3]) replies.push((await bank.send("GET", "/institutions")).status);
      return replies;
    };
    const list = [
      { ...entry, do: { status } },
      { ...entry, path: "/*", do: { status: 502 } },
    ];
    await bank.control("PUT", "/faults", list);
    expect(await statuses()).toEqual([500, 502, 200]);
    await bank.control("PUT", "/faults", list);
    expect((await bank.control("PUT", "/faults", [])).status).toBe(200);
    expect(await statuses()).toEqual([200, 200, 200]);
  });

  test.each([
    ["an object", entry],
    ["an unknown action", [{ ...entry, do: { explode: true } }]],
    ["no action", [{ ...entry, do: {} }]],
    ["a Retry-After alone", [{ ...entry, do: { retryAfter: "2" } }]],
    ["a Retry-After of two lines", [{ ...entry, do: { status, retryAfter: "2\r\nx: y" } }]],
    ["no times", [{ method: "GET", path: "/x", do: { status } }]],
    ["zero times", [{ ...entry, times: 0, do: { status } }]],
    ["an unknown field", [{ ...entry, time: 2, do: { status } }]],
  ])("with %s is refused, and the list before stays", async (_, list) => {
    const bank = await openSandbox();
    await bank.fault("GET", "/institutions", 1, { status });
    expect((await bank.control("PUT", "/faults", list)).status).toBe(400);
    expect((await bank.send("GET", "/institutions")).status).toBe(500);
  });

  test.each([
    [{ delayMs: 5, reset: "before" }, "0/do"],
    [{ delayMs: -1 }, "0/do/delayMs"],
    [{ delayMs: 600_001 }, "0/do/delayMs"],
    [{ reset: "meanwhile" }, "0/do/reset"],
    [{ status: 99 }, "0/do/status"],
    [{ status, body: 7 }, "0/do/body"],
  ])("with the action %o is refused with the name of the invalid field", async (action, parameter) => {
    const bank = await openSandbox();
    const body = [{ ...entry, do: action }];
    const [error] = await bank.refused(400, "PUT", "/_control/faults", { body });
    expect(error?.source).toEqual({ pointer: parameter, parameter });
  });
});
