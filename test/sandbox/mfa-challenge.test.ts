import { describe, expect, test } from "vitest";
import { gavin, jared, minute, openSandbox, stepMs, whistler } from "./open-sandbox.ts";
import { stubShape } from "./reply-shapes.ts";

const otp = { method: "token", input: ["OTP Password"] };
const firstCompany = { method: "security-questions", input: ["What's your first company?"] };
const favourite = {
  method: "security-questions",
  input: ["What's your favourite company?", "What's the ID of this institution?"],
};
const approval = { method: "token", input: ["Approve the request in your app"] };

describe("what each user is asked", () => {
  test.each([
    ["AU00002", "jared", "django", otp, ["1234"]],
    ["AU00002", "richard", "tabsnotspaces", otp, ["1234"]],
    ["AU00002", "laurieBream", "business2024", otp, ["1234"]],
    ["AU00002", "ashMann", "hooli2024", otp, ["1234"]],
    ["AU00002", "gavinBelson", "hooli2016", firstCompany, ["Hooli"]],
    ["AU00002", "Gilfoyle", "PiedPiper", firstCompany, ["Hooli"]],
    ["AU00002", "Whistler", "ShowBox", favourite, ["Basiq", "AU00000"]],
    ["AU00002", "Wentworth-Smith", "whislter", favourite, ["Basiq", "AU00000"]],
    ["AU00003", "Whistler", "ShowBox", favourite, ["Basiq", "AU00000"]],
    ["AU00005", "Whistler", "ShowBox", approval, ["confirmed"]],
    ["AU00005", "jared", "django", approval, ["confirmed"]],
  ])(
    "%s asks %s, and lets the right answer in",
    async (institution, loginId, password, challenge, answer) => {
      const bank = await openSandbox();
      const id = await bank.createAndVerify(institution, { loginId, password });
      const step = await bank.step(id, "mfa-challenge");
      expect(step?.result).toMatchObject({
        ...challenge,
        type: "mfa",
        expiryMs: 120_000,
        links: { response: `${bank.url}/jobs/${id}/mfa` },
      });
      const reply = await bank.answer(id, answer);
      expect(reply.status).toBe(202);
      expect(stubShape.parse(JSON.parse(reply.text)).id).toBe(id);
      bank.pass(3 * stepMs);
      expect(await bank.statuses(id)).toEqual(["success", "success", "success", "success"]);
    },
  );
});

describe("a challenge", () => {
  test("is pending until the login is verified, then open", async () => {
    const bank = await openSandbox();
    const id = await bank.create("AU00002", jared);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "in-progress", "pending", "pending"]);
    expect(await bank.connectionOf(id)).not.toBe("");
  });

  test("shows no question while the answer is looked at, then goes on", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    bank.pass(minute);
    await bank.answer(id, ["1234"]);
    expect(await bank.step(id, "mfa-challenge")).toEqual({
      title: "mfa-challenge",
      status: "in-progress",
      result: null,
    });
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "success", "in-progress", "pending"]);
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "success", "success", "in-progress"]);
  });

  test.each([
    ["AU00002", jared, ["4321"]],
    ["AU00002", gavin, ["hooli"]],
    ["AU00002", whistler, ["Basiq", "AU00002"]],
    ["AU00005", jared, ["1234"]],
  ])("at %s fails on a wrong answer", async (institution, login, answers) => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify(institution, login);
    expect((await bank.answer(id, answers)).status).toBe(202);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("in-progress");
    bank.pass(stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "failed", "pending", "pending"]);
    expect((await bank.step(id, "mfa-challenge"))?.result).toMatchObject({
      code: "invalid-credentials",
      detail: "MFA response is not correct",
    });
    expect(
      (await bank.refused(409, "POST", `/jobs/${id}/mfa`, { body: { "mfa-response": ["1234"] } }))[0]?.code,
    ).toBe("mfa-challenge-not-active");
  });

  test("keeps the first answer when another follows", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    await bank.answer(id, ["1234"]);
    expect((await bank.answer(id, ["0000"])).status).toBe(202);
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });

  test("expires when nobody answers", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    bank.pass(2 * minute - 1);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("in-progress");
    bank.pass(1);
    expect(await bank.statuses(id)).toEqual(["success", "failed", "pending", "pending"]);
    expect((await bank.step(id, "mfa-challenge"))?.result).toMatchObject({ code: "mfa-expired" });
    const [error] = await bank.refused(410, "POST", `/jobs/${id}/mfa`, {
      body: { "mfa-response": ["1234"] },
    });
    expect(error?.code).toBe("resource-no-longer-available");
  });

  test("expires sooner on a faster clock", async () => {
    const bank = await openSandbox({ timeScale: 100 });
    const id = await bank.create("AU00002", jared);
    bank.pass(20 + 1_199);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("in-progress");
    bank.pass(1);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("failed");
  });

  test("that was answered in its last moment does not expire", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    bank.pass(2 * minute - 1);
    await bank.answer(id, ["1234"]);
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });
});
