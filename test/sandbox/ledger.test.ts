import { describe, expect, test } from "vitest";
import { gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";

describe("the ledger", () => {
  test("has every call, in order, with the user and institution that it was about", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", jared, "user-7");
    bank.pass(stepMs + 5);
    const connection = await bank.connectionOf(id);
    await bank.answer(id, ["1234"]);
    await bank.send("POST", `/users/user-7/connections/${connection}/refresh?x=secret`);
    await bank.send("POST", `/users/user-8/connections/${connection}`);
    await bank.send("GET", "/institutions/AU00004");
    await bank.send("GET", "/users/user-9/jobs");
    await bank.send("GET", "/nothing");
    const rows = (await bank.ledger()).map((call) => [
      call.method,
      call.path,
      call.userId,
      call.institutionId,
    ]);
    expect(rows).toEqual([
      ["POST", "/token", null, null],
      ["POST", "/users/user-7/connections", "user-7", "AU00002"],
      ["GET", `/jobs/${id}`, "user-7", "AU00002"],
      ["POST", `/jobs/${id}/mfa`, "user-7", "AU00002"],
      ["POST", `/users/user-7/connections/${connection}/refresh`, "user-7", "AU00002"],
      ["POST", `/users/user-8/connections/${connection}`, "user-8", null],
      ["GET", "/institutions/AU00004", null, "AU00004"],
      ["GET", "/users/user-9/jobs", "user-9", null],
      ["GET", "/nothing", null, null],
    ]);
    const times = (await bank.ledger()).map((call) => call.at);
    expect(times.slice(1, 3)).toEqual(["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:02.005Z"]);
  });

  test("has doubles, refused calls and faulted calls too", async () => {
    const bank = await openSandbox();
    const path = "/users/u/connections";
    await bank.create("AU00000", gavin, "u");
    await bank.create("AU00000", gavin, "u");
    await bank.send("POST", path, { body: { institution: { id: "secret" } } });
    await bank.send("POST", path, { token: null });
    const faults = [
      { reset: "before" },
      { reset: "after" },
      { status: 503 },
      { body: "<html>" },
      { delayMs: 0 },
    ];
    await bank.control(
      "PUT",
      "/faults",
      faults.map((action) => ({ method: "POST", path, times: 1, do: action })),
    );
    const body = { ...gavin, institution: { id: "AU00000" } };
    for (const _ of faults) await bank.send("POST", path, { body }).catch(() => undefined);
    const calls = (await bank.ledger()).slice(1);
    expect(calls.map((call) => [call.path, call.userId])).toEqual(Array(9).fill([path, "u"]));
    const hooli = "AU00000";
    expect(calls.map((call) => call.institutionId)).toEqual([
      hooli,
      hooli,
      null,
      null,
      ...Array(5).fill(hooli),
    ]);
  });

  test("cuts a path that is longer than any of ours", async () => {
    const bank = await openSandbox();
    await bank.send("GET", `/${"x".repeat(1_000)}`);
    expect((await bank.ledger()).at(-1)?.path).toBe(`/${"x".repeat(255)}`);
  });

  test("has no call of the control side", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", []);
    await bank.control("GET", "/nothing");
    expect((await bank.ledger()).map((call) => call.path)).toEqual(["/token"]);
  });
});

describe("DELETE /_control", () => {
  test("brings everything back to the start, and keeps the tokens", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00003", jared);
    await bank.control("PUT", "/institutions/AU00000", { status: "major-outage" });
    await bank.control("PUT", "/faults", [{ method: "GET", path: "/jobs/*", times: 1, do: { status: 500 } }]);
    expect((await bank.control("DELETE", "")).status).toBe(204);
    expect(await bank.ledger()).toEqual([]);
    expect((await bank.send("GET", `/jobs/${id}`)).status).toBe(404);
    expect(JSON.parse((await bank.send("GET", "/users/user-1/connections")).text).data).toEqual([]);
    await bank.create("AU00000", gavin);
    const asked = await bank.create("AU00003", jared);
    bank.pass(stepMs);
    expect((await bank.step(asked, "mfa-challenge"))?.status).toBe("in-progress");
  });
});
