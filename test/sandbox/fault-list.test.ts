import { describe, expect, test } from "vitest";
import { openSandbox } from "./open-sandbox.ts";

describe("a list of faults", () => {
  const entry = { method: "GET", path: "/institutions", times: 1 };

  test("is used in its order", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", [
      { ...entry, do: { status: 500 } },
      { ...entry, path: "/*", do: { status: 502 } },
    ]);
    const seen = [];
    for (const _ of [1, 2, 3]) seen.push((await bank.send("GET", "/institutions")).status);
    expect(seen).toEqual([500, 502, 200]);
  });

  test("takes the place of the list before", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", [{ ...entry, do: { status: 500 } }]);
    expect((await bank.control("PUT", "/faults", [])).status).toBe(200);
    expect((await bank.send("GET", "/institutions")).status).toBe(200);
  });

  test.each([
    ["an object", entry],
    ["an unknown action", [{ ...entry, do: { explode: true } }]],
    ["two actions", [{ ...entry, do: { delayMs: 5, reset: "before" } }]],
    ["no action", [{ ...entry, do: {} }]],
    ["a Retry-After alone", [{ ...entry, do: { retryAfter: "2" } }]],
    ["a Retry-After of two lines", [{ ...entry, do: { status: 503, retryAfter: "2\r\nx: y" } }]],
    ["a status that is none", [{ ...entry, do: { status: 99 } }]],
    ["no times", [{ method: "GET", path: "/x", do: { status: 500 } }]],
    ["zero times", [{ ...entry, times: 0, do: { status: 500 } }]],
    ["an unknown field", [{ ...entry, time: 2, do: { status: 500 } }]],
  ])("that has %s is refused, and the one before stays", async (_, list) => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", [{ ...entry, do: { status: 500 } }]);
    expect((await bank.control("PUT", "/faults", list)).status).toBe(400);
    expect((await bank.send("GET", "/institutions")).status).toBe(500);
  });

  test.each([
    [{ explode: true }, "0/do"],
    [{ delayMs: 5, reset: "before" }, "0/do"],
    [{ delayMs: -1 }, "0/do/delayMs"],
    [{ delayMs: 600_001 }, "0/do/delayMs"],
    [{ reset: "meanwhile" }, "0/do/reset"],
    [{ status: 99 }, "0/do/status"],
    [{ status: 500, body: 7 }, "0/do/body"],
  ])("whose action is %o is refused by the name of what is wrong", async (action, parameter) => {
    const bank = await openSandbox();
    const body = [{ ...entry, do: action }];
    const [error] = await bank.refused(400, "PUT", "/_control/faults", { body });
    expect(error).toMatchObject({
      detail: "Control request is not valid.",
      source: { pointer: parameter, parameter },
    });
  });
});
