import { describe, expect, test } from "vitest";
import { gavin, jared, openSandbox, start, stepMs } from "./open-sandbox.ts";

describe("a job where nobody is asked", () => {
  test("shows three steps, one after the other", async () => {
    const bank = await openSandbox();
    const job = await bank.create("AU00000", gavin);
    expect(await bank.statuses(job)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "in-progress", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "success", "in-progress"]);
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "success", "success"]);
  });

  test("keeps each step until the very end of its time", async () => {
    const bank = await openSandbox();
    const job = await bank.create("AU00000", gavin);
    bank.pass(stepMs - 1);
    expect(await bank.statuses(job)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(1);
    expect(await bank.statuses(job)).toEqual(["success", "in-progress", "pending"]);
  });

  test("links to what it made, relative in steps and absolute elsewhere", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00004", gavin, "ea3a81");
    bank.pass(3 * stepMs);
    const connection = await bank.connectionOf(id);
    const { steps, links, created, updated } = await bank.job(id);
    expect(steps.map((step) => step.result)).toEqual([
      { type: "link", url: `/users/ea3a81/connections/${connection}` },
      { type: "link", url: "/users/ea3a81/accounts?filter=institution.id.eq('AU00004')" },
      { type: "link", url: "/users/ea3a81/transactions?filter=institution.id.eq('AU00004')" },
    ]);
    expect(links).toEqual({
      self: `${bank.url}/jobs/${id}`,
      source: `${bank.url}/users/ea3a81/connections/${connection}`,
    });
    expect([created, updated]).toEqual(["2026-01-05T09:00:00Z", "2026-01-05T09:00:06Z"]);
  });

  test("has no source before the login is verified", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00000", gavin);
    expect((await bank.job(id)).links).toEqual({ self: `${bank.url}/jobs/${id}` });
  });

  test("does not change once it is over", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00000", gavin);
    bank.pass(3 * stepMs);
    const over = await bank.job(id);
    bank.pass(100 * stepMs);
    expect(await bank.job(id)).toEqual(over);
  });

  test("runs faster when the time scale says so", async () => {
    const bank = await openSandbox({ timeScale: 100 });
    const id = await bank.create("AU00000", gavin);
    bank.pass(19);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(1);
    expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending"]);
    bank.pass(40);
    expect(await bank.statuses(id)).toEqual(["success", "success", "success"]);
  });
});

describe("every institution", () => {
  const steps = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
  const mfaSteps = ["verify-credentials", "mfa-challenge", "retrieve-accounts", "retrieve-transactions"];
  const codes = { securityCode: "55", secondaryLoginId: "second" };

  test.each([
    ["AU00000", gavin, steps],
    ["AU00002", gavin, mfaSteps],
    ["AU00003", gavin, mfaSteps],
    ["AU00004", gavin, steps],
    ["AU00005", gavin, mfaSteps],
    ["AU00006", { ...gavin, ...codes }, steps],
    ["AU19301", { userToken: "token:PTln18RhwL" }, steps],
  ])("%s shows its steps from the start and verifies a good login", async (institution, login, titles) => {
    const bank = await openSandbox();
    const id = await bank.create(institution, login);
    expect((await bank.job(id)).steps.map((step) => step.title)).toEqual(titles);
    bank.pass(stepMs);
    expect((await bank.statuses(id))[0]).toBe("success");
  });
});

describe("every user", () => {
  test.each([
    ["Wentworth-Smith", "whislter", "Max Wentworth-Smith"],
    ["Whistler", "ShowBox", "Whistler Smith"],
    ["Gilfoyle", "PiedPiper", "Bertram Gilfoyle"],
    ["gavinBelson", "hooli2016", "Gavin Belson"],
    ["jared", "django", "Jared Dunn"],
    ["richard", "tabsnotspaces", "Richard Hendricks"],
    ["laurieBream", "business2024", "Laurie Bream"],
    ["ashMann", "hooli2024", "Ash Mann"],
  ])("%s gets in", async (loginId, password, fullName) => {
    const bank = await openSandbox();
    const id = await bank.create("AU00000", { loginId, password });
    bank.pass(3 * stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "success", "success"]);
    const connection = await bank.send("GET", `/users/user-1/connections/${await bank.connectionOf(id)}`);
    expect(JSON.parse(connection.text)).toMatchObject({ status: "active", profile: { fullName } });
  });

  test.each([
    ["AU00000", { loginId: "bighead", password: "password" }, "invalid-credentials", "Account is locked"],
    ["AU00000", { loginId: "bighead", password: "other" }, "invalid-credentials", "Invalid credentials"],
    [
      "AU00000",
      { loginId: "erlich", password: "aviato" },
      "account-not-accessible-requires-user-action",
      "User action is required in the institution's own online banking",
    ],
    [
      "AU00000",
      { loginId: "jianYang", password: "nothotdog" },
      "service-unavailable",
      "3rd party service unavailable",
    ],
    [
      "AU00000",
      { loginId: "gavinBelson", password: "HOOLI2016" },
      "invalid-credentials",
      "Invalid credentials",
    ],
    ["AU00000", { loginId: "nobody", password: "hooli2016" }, "invalid-credentials", "Invalid credentials"],
    ["AU00000", { loginId: "constructor", password: "x" }, "invalid-credentials", "Invalid credentials"],
    ["AU19301", { userToken: "token:other" }, "invalid-credentials", "Invalid credentials"],
  ])("at %s %o is refused with %s", async (institution, login, code, detail) => {
    const bank = await openSandbox();
    const id = await bank.create(institution, login);
    bank.pass(stepMs - 1);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(10 * stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending"]);
    expect((await bank.step(id, "verify-credentials"))?.result).toMatchObject({ code, detail });
    expect((await bank.job(id)).links).toEqual({ self: `${bank.url}/jobs/${id}` });
  });

  test("a refused login leaves the challenge pending", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", { ...jared, password: "wrong" });
    bank.pass(10 * stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending", "pending"]);
  });
});

test("two creates for one user and institution are two jobs", async () => {
  const bank = await openSandbox();
  const [first, second] = [await bank.create("AU00000", gavin), await bank.create("AU00000", gavin)];
  expect(second).not.toBe(first);
  expect(start).toBe(Date.parse((await bank.job(second)).created));
});
