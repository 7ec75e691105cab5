import { describe, expect, test } from "vitest";
import {
  gavin,
  jared,
  type Login,
  minute,
  type OpenSandbox,
  openSandbox,
  stepMs,
  whistler,
} from "./open-sandbox.ts";
import { stubShape } from "./reply-shapes.ts";

const otp = { method: "token", input: ["OTP Password"] };
const approval = { method: "token", input: ["Approve the request in your app"] };
const questions = (...input: string[]) => ({ method: "security-questions", input });
const favourite = questions("What's your favourite company?", "What's the ID of this institution?");

describe("a user", () => {
  test.each([
    ["AU00002", jared, otp, ["1234"], ["4321"]],
    ["AU00002", gavin, questions("What's your first company?"), ["Hooli"], ["hooli"]],
    ["AU00003", whistler, favourite, ["Basiq", "AU00000"], ["Basiq", "AU00002"]],
    ["AU00005", whistler, approval, ["confirmed"], ["1234"]],
  ])("at %s with %o is asked %o, and succeeds with the right answer only", async (...given) => {
    const [institution, login, challenge, right, wrong] = given;
    const bank = await openSandbox();
    const id = await bank.createAndVerify(institution, login);
    expect((await bank.step(id, "mfa-challenge"))?.result).toMatchObject({
      ...challenge,
      type: "mfa",
      expiryMs: 120_000,
      links: { response: `${bank.url}/jobs/${id}/mfa` },
    });
    const reply = await bank.answer(id, right);
    expect(reply.status).toBe(202);
    expect(stubShape.parse(JSON.parse(reply.text)).id).toBe(id);
    bank.pass(3 * stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "success", "success", "success"]);

    const again = await openSandbox();
    const failing = await again.createAndVerify(institution, login);
    expect((await again.answer(failing, wrong)).status).toBe(202);
    again.pass(stepMs);
    expect(await again.statuses(failing)).toEqual(["success", "failed", "pending", "pending"]);
    expect((await again.step(failing, "mfa-challenge"))?.result).toMatchObject({
      code: "invalid-credentials",
      detail: "MFA response is not correct",
    });
  });
});

describe("a challenge", () => {
  test("shows no question while the answer is checked, then its job continues", async () => {
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

  test("keeps the first answer when a second one follows", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    await bank.answer(id, ["1234"]);
    expect((await bank.answer(id, ["0000"])).status).toBe(202);
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });

  test.each([1, 100])(
    "that nobody answers expires after 2 minutes at the time scale %i",
    async (timeScale) => {
      const bank = await openSandbox({ timeScale });
      const id = await bank.create("AU00002", jared);
      bank.pass((stepMs + 2 * minute) / timeScale - 1);
      expect((await bank.step(id, "mfa-challenge"))?.status).toBe("in-progress");
      bank.pass(1);
      expect(await bank.statuses(id)).toEqual(["success", "failed", "pending", "pending"]);
      expect((await bank.step(id, "mfa-challenge"))?.result).toMatchObject({ code: "mfa-expired" });
      const [error] = await bank.answerRefused(410, id, ["1234"]);
      expect(error?.code).toBe("resource-no-longer-available");
    },
  );

  test("that is answered in its last moment does not expire", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    bank.pass(2 * minute - 1);
    await bank.answer(id, ["1234"]);
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });
});

describe("an answer is refused", () => {
  test.each([
    ["nothing", jared, undefined],
    ["one text", jared, "1234"],
    ["an empty list", jared, []],
    ["longer than the list of questions", jared, ["1234", "1234"]],
    ["shorter than the list of questions", whistler, ["Basiq"]],
    ["an empty text", jared, [""]],
    ["a number", jared, [1234]],
  ])("if it is %s", async (_, login, answers) => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", login);
    const [error] = await bank.answerRefused(400, id, answers);
    expect(error).toMatchObject({ code: "parameter-not-valid", source: { parameter: "mfa-response" } });
    expect((await bank.step(id, "mfa-challenge"))?.result).not.toBeNull();
  });

  test("before the challenge opens, after it is over, and where there is none", async () => {
    const bank = await openSandbox();
    const notActive = async (id: string) => {
      const [error] = await bank.answerRefused(409, id, ["1234"]);
      expect(error?.code).toBe("mfa-challenge-not-active");
    };
    const id = await bank.create("AU00002", jared);
    await notActive(id);
    bank.pass(stepMs);
    await bank.answer(id, ["1234"]);
    bank.pass(3 * stepMs);
    await notActive(id);
    const wrong = await bank.createAndVerify("AU00002", jared);
    await bank.answer(wrong, ["0000"]);
    bank.pass(stepMs);
    await notActive(wrong);
    await notActive(await bank.createAndVerify("AU00000", jared));
  });

  test("not for its content type", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const text = JSON.stringify({ "mfa-response": ["1234"] });
    const token = await bank.newToken({ scope: "CLIENT_ACCESS" });
    const reply = await bank.send("POST", `/jobs/${id}/mfa`, {
      text,
      token,
      headers: { "content-type": "" },
    });
    expect(reply.status).toBe(202);
  });
});

describe("a bank that asks sometimes", () => {
  async function login(bank: OpenSandbox, as: Login, userId?: string) {
    const id = await bank.create("AU00003", as, userId);
    bank.pass(stepMs);
    const status = (await bank.step(id, "mfa-challenge"))?.status;
    bank.pass(3 * minute);
    return status;
  }

  test("asks at every second login of each user and login id, without refused logins", async () => {
    const bank = await openSandbox();
    await bank.createAndVerify("AU00003", { ...jared, password: "wrong" });
    expect(await login(bank, jared)).toBe("in-progress");
    expect(await login(bank, gavin)).toBe("in-progress");
    expect(await login(bank, jared, "user-2")).toBe("in-progress");
    expect(await login(bank, jared)).toBe("skipped");
    expect(await login(bank, jared)).toBe("in-progress");
    expect(await login(bank, jared)).toBe("skipped");
  });

  test("finishes a job without an answer if it asks nothing", async () => {
    const bank = await openSandbox();
    await bank.create("AU00003", jared);
    bank.pass(3 * minute);
    const id = await bank.create("AU00003", jared);
    expect(await bank.statuses(id)).toEqual(["in-progress", "pending", "pending", "pending"]);
    bank.pass(3 * stepMs);
    expect(await bank.statuses(id)).toEqual(["success", "skipped", "success", "success"]);
    expect((await bank.step(id, "mfa-challenge"))?.result).toBeNull();
  });
});
