import { describe, expect, test } from "vitest";
import { gavin, jared, openSandbox, stepMs } from "./open-sandbox.ts";

describe("a job of a bank that does not ask", () => {
  test("shows three steps, one after the other, each until the end of its time", async () => {
    const bank = await openSandbox();
    const job = await bank.create("AU00000", gavin);
    expect(await bank.statuses(job)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(stepMs - 1);
    expect(await bank.statuses(job)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(1);
    expect(await bank.statuses(job)).toEqual(["success", "in-progress", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "success", "in-progress"]);
    bank.pass(stepMs);
    expect(await bank.statuses(job)).toEqual(["success", "success", "success"]);
  });

  test("links to its results, relative in steps and absolute elsewhere", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00004", gavin, "ea3a81");
    expect((await bank.job(id)).links).toEqual({ self: `${bank.url}/jobs/${id}` });
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

  test("does not change once it is over", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00000", gavin);
    bank.pass(3 * stepMs);
    const over = await bank.job(id);
    bank.pass(100 * stepMs);
    expect(await bank.job(id)).toEqual(over);
  });

  test("runs faster at a higher time scale", async () => {
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

describe("a login", () => {
  const plain = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
  const withMfa = ["verify-credentials", "mfa-challenge", "retrieve-accounts", "retrieve-transactions"];
  const codes = { securityCode: "55", secondaryLoginId: "second" };

  test.each([
    ["AU00000", { loginId: "Wentworth-Smith", password: "whislter" }, plain, "Max Wentworth-Smith"],
    ["AU00002", gavin, withMfa, "Gavin Belson"],
    ["AU00003", gavin, withMfa, "Gavin Belson"],
    ["AU00006", { ...gavin, ...codes }, plain, "Gavin Belson"],
    ["AU19301", { userToken: "token:PTln18RhwL" }, plain, "Token Customer"],
  ])("at %s with %o is verified, and shows its user", async (institution, login, titles, fullName) => {
    const bank = await openSandbox();
    const id = await bank.create(institution, login);
    expect((await bank.job(id)).steps.map((step) => step.title)).toEqual(titles);
    bank.pass(stepMs);
    expect((await bank.statuses(id))[0]).toBe("success");
    await bank.answer(id, ["Hooli"]);
    bank.pass(3 * stepMs);
    const connection = await bank.connection(await bank.connectionOf(id));
    expect(connection).toMatchObject({ status: "active", profile: { fullName } });
  });

  const refused = { code: "invalid-credentials", detail: "Invalid credentials" };
  const actionRequired = "User action is required in the institution's own online banking";
  test.each([
    ["AU00000", { loginId: "bighead", password: "other" }, refused],
    ["AU00000", { loginId: "bighead", password: "password" }, { ...refused, detail: "Account is locked" }],
    [
      "AU00000",
      { loginId: "erlich", password: "aviato" },
      { code: "account-not-accessible-requires-user-action", detail: actionRequired },
    ],
    [
      "AU00000",
      { loginId: "jianYang", password: "nothotdog" },
      { code: "service-unavailable", detail: "3rd party service unavailable" },
    ],
    ["AU00000", { loginId: "gavinBelson", password: "HOOLI2016" }, refused],
    ["AU00000", { loginId: "nobody", password: "hooli2016" }, refused],
    ["AU00000", { loginId: "constructor", password: "x" }, refused],
    ["AU19301", { userToken: "token:other" }, refused],
  ])("at %s with %o fails with %o", async (institution, login, result) => {
    const bank = await openSandbox();
    const id = await bank.create(institution, login);
    bank.pass(stepMs - 1);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending"]);
    bank.pass(10 * stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending"]);
    expect((await bank.step(id, "verify-credentials"))?.result).toMatchObject(result);
    expect((await bank.job(id)).links).toEqual({ self: `${bank.url}/jobs/${id}` });
  });

  test("that is refused leaves the challenge pending", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", { ...jared, password: "wrong" });
    bank.pass(10 * stepMs);
    expect(await bank.statuses(id)).toEqual(["failed", "pending", "pending", "pending"]);
  });
});
