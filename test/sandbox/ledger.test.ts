import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  apiKey,
  connectionPath,
  connectionsPath,
  createBody,
  gavin,
  jared,
  openSandbox,
  stepMs,
  whistler,
} from "./open-sandbox.ts";

describe("the ledger", () => {
  test("has every call, in order, with its user and institution", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", jared, "user-7");
    bank.pass(stepMs + 5);
    const path = connectionPath(await bank.connectionOf(id), "user-7");
    await bank.answer(id, ["1234"]);
    await bank.send("POST", `${path}/refresh?x=secret`);
    await bank.send("POST", path.replace("user-7", "user-8"));
    await bank.send("GET", "/institutions/AU00004");
    await bank.send("GET", "/users/user-9/jobs");
    await bank.send("GET", "/nothing");
    const calls = await bank.ledger();
    expect(calls.map((call) => [call.method, call.path, call.userId, call.institutionId])).toEqual([
      ["POST", "/token", null, null],
      ["POST", "/users/user-7/connections", "user-7", "AU00002"],
      ["GET", `/jobs/${id}`, "user-7", "AU00002"],
      ["POST", "/token", null, null],
      ["POST", `/jobs/${id}/mfa`, "user-7", "AU00002"],
      ["POST", `${path}/refresh`, "user-7", "AU00002"],
      ["POST", path.replace("user-7", "user-8"), "user-8", null],
      ["GET", "/institutions/AU00004", null, "AU00004"],
      ["GET", "/users/user-9/jobs", "user-9", null],
      ["GET", "/nothing", null, null],
    ]);
    expect(calls.slice(1, 3).map((call) => call.at)).toEqual([
      "2026-01-05T09:00:00.000Z",
      "2026-01-05T09:00:02.005Z",
    ]);
  });

  test("has doubles, refused calls and calls with a fault", async () => {
    const bank = await openSandbox();
    const path = connectionsPath("u");
    for (const _ of [1, 2]) await bank.send("POST", path, { body: createBody });
    await bank.send("POST", path, { body: { institution: { id: "secret" } } });
    await bank.send("POST", path, { token: null });
    const faults = [
      { reset: "before" },
      { reset: "after" },
      { status: 503 },
      { body: "<html>" },
      { delayMs: 0 },
    ];
    for (const action of faults) {
      await bank.fault("POST", path, 1, action);
      await bank.send("POST", path, { body: createBody }).catch(() => undefined);
    }
    const calls = (await bank.ledger()).slice(1);
    expect(calls.map((call) => [call.path, call.userId])).toEqual(Array(9).fill([path, "u"]));
    const institutions = calls.map((call) => call.institutionId);
    expect(institutions.map((each) => each === "AU00000")).toEqual(calls.map((_, n) => n !== 2 && n !== 3));
    expect(institutions.slice(2, 4)).toEqual([null, null]);
  });

  test("cuts a path that is longer than any route", async () => {
    const bank = await openSandbox();
    await bank.send("GET", `/${"x".repeat(1_000)}`);
    expect((await bank.ledger()).at(-1)?.path).toBe(`/${"x".repeat(255)}`);
  });

  test("has no control call", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", []);
    await bank.control("GET", "/nothing");
    expect((await bank.ledger()).map((call) => call.path)).toEqual(["/token"]);
  });
});

test("a reset returns everything to the start, and keeps the tokens", async () => {
  const bank = await openSandbox();
  const id = await bank.create("AU00003", jared);
  await bank.control("PUT", "/institutions/AU00000", { status: "major-outage" });
  await bank.fault("GET", "/jobs/*", 1, { status: 500 });
  expect((await bank.control("DELETE", "")).status).toBe(204);
  expect(await bank.ledger()).toEqual([]);
  expect((await bank.send("GET", `/jobs/${id}`)).status).toBe(404);
  expect(await bank.connectionsOf()).toEqual([]);
  await bank.create("AU00000", gavin);
  const asked = await bank.createAndVerify("AU00003", jared);
  expect((await bank.step(asked, "mfa-challenge"))?.status).toBe("in-progress");
});

test("a login, an answer, a key or a token is never shown or stored", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const bank = await openSandbox({ dataFile: join(folder, "state.json"), apiKey });
  const path = connectionsPath();
  await bank.create("AU00000", { loginId: "login-unknown", password: "password-unknown" });
  await bank.create("AU00006", { ...gavin, securityCode: "code-sent", secondaryLoginId: "second-sent" });
  await bank.create("AU19301", { userToken: "token:PTln18RhwL" });
  bank.pass(10 * stepMs);
  await bank.create("AU19301", { userToken: "token:refused" });
  await bank.send("POST", path, { text: '{"password":"half-sent' });
  const body = { password: "alone-sent", institution: { id: "institution-sent" } };
  await bank.send("POST", path, { body });
  const id = await bank.createAndVerify("AU00002", jared);
  const connectionId = await bank.connectionOf(id);
  await bank.answer(id, ["answer-sent", "answer-two"]);
  await bank.answer(id, ["answer-wrong"]);
  bank.pass(stepMs);
  await bank.update(connectionId, { password: "password-updated" });
  bank.pass(stepMs);
  const other = await bank.createAndVerify("AU00002", whistler);
  await bank.answer(other, ["Basiq", "answer-half"]);
  const token = await bank.newToken();
  const afterTokens = bank.said.length;
  bank.pass(10 * stepMs);
  for (const job of [id, other]) await bank.job(job);
  await bank.jobsOf();
  await bank.connectionsOf();
  await bank.ledger();

  const stored = await bank.stored();
  const sent = [
    ...["django", "hooli2016", "ShowBox", "PTln18RhwL", "token:refused", "login-unknown", "password-unknown"],
    ...["code-sent", "second-sent", "half-sent", "alone-sent", "institution-sent", "password-updated"],
    ...["answer-sent", "answer-two", "answer-wrong", "answer-half", apiKey],
  ];
  for (const secret of sent) {
    expect(stored).not.toContain(secret);
    expect(bank.said.join("\n")).not.toContain(secret);
  }
  expect(stored).not.toContain(token);
  expect(bank.said.slice(afterTokens).join("\n")).not.toContain(token);
});
