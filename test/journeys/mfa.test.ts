import { describe, expect, test } from "vitest";
import { errorReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { AVIATO, HOOLI, LOGINS, NUCLEUS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, BANK_OUT_OF_SIGHT, MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

function codeOf(reply: { json: unknown }): string | undefined {
  return errorReply.parse(reply.json).data[0]?.code;
}

describe("every kind of challenge", () => {
  test.each([
    ["a one-time code", LOGINS.jared, PIED_PIPER, "token", ["OTP Password"], ["1234"]],
    [
      "a security question",
      LOGINS.gilfoyle,
      PIED_PIPER,
      "security-questions",
      ["What's your first company?"],
      ["Hooli"],
    ],
    [
      "two security questions",
      LOGINS.whistler,
      PIED_PIPER,
      "security-questions",
      ["What's your favourite company?", "What's the ID of this institution?"],
      ["Basiq", "AU00000"],
    ],
    [
      "approval in the bank's app",
      LOGINS.laurie,
      AVIATO,
      "token",
      ["Approve the request in your app"],
      ["confirmed"],
    ],
  ])("%s is asked, answered and passed", async (_, login, institutionId, method, input, answers) => {
    const backend = new MobileBackend(reached());
    const jobId = await backend.startJob(institutionId, login);
    const challenge = await backend.untilAsked(jobId);
    expect(challenge).toMatchObject({
      method,
      input,
      expiryMs: 120_000,
      links: { response: `${reached().apiUrl}/jobs/${jobId}/mfa` },
    });
    const reply = await backend.answer(jobId, answers);
    expect(reply.status).toBe(202);
    expect(stubReply.parse(reply.json).id).toBe(jobId);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual(ALL_DONE);
    expect(stepOf(job.steps, "mfa-challenge")?.result).toBeNull();
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 1]);
  });
});

test("an intermittent bank asks one time and skips the other", async () => {
  const backend = new MobileBackend(reached());
  const asked = await backend.startJob(NUCLEUS, LOGINS.jared);
  await backend.untilAsked(asked);
  await backend.answer(asked, ["1234"]);
  expect(statuses((await backend.untilOver(asked)).steps)).toEqual(ALL_DONE);

  const skipped = await backend.untilOver(await backend.startJob(NUCLEUS, LOGINS.jared));
  expect(skipped.steps[1]).toEqual({ title: "mfa-challenge", status: "skipped", result: null });
  expect(stepOf(skipped.steps, "retrieve-transactions")?.status).toBe("success");
});

test("a wrong answer fails the step, and a later one is refused", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.richard);
  await backend.untilAsked(jobId);
  expect((await backend.answer(jobId, ["9999"])).status).toBe(202);
  const job = await backend.untilOver(jobId);
  expect(statuses(job.steps)).toEqual([
    "verify-credentials: success",
    "mfa-challenge: failed",
    "retrieve-accounts: pending",
    "retrieve-transactions: pending",
  ]);
  expect(stepOf(job.steps, "mfa-challenge")?.result).toMatchObject({ code: expect.any(String) });
  const late = await backend.answer(jobId, ["1234"]);
  expect([late.status, codeOf(late)]).toEqual([409, "mfa-challenge-not-active"]);
  expect(await backend.answersSent()).toBe(1);
});

test("an answer posted twice at once is taken twice and sent once", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all([backend.answer(jobId, ["1234"]), backend.answer(jobId, ["1234"])]);
  await backend.faults([]);
  expect(replies.map(({ status }) => status)).toEqual([202, 202]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});

test("the first answer counts, and an answer repeated while the bank decides changes nothing", async () => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.faults(BANK_OUT_OF_SIGHT);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  const [challenge] = (await backend.job(jobId)).steps.filter(({ title }) => title === "mfa-challenge");
  expect(challenge).toEqual({ title: "mfa-challenge", status: "in-progress", result: null });
  expect((await backend.answer(jobId, ["9999"])).status).toBe(202);
  await backend.faults([]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});

test("an answer before the question, after the end, and where nothing is asked is refused", async () => {
  const backend = new MobileBackend(reached());
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  const early = await backend.answer(jobId, ["1234"]);
  expect([early.status, codeOf(early)]).toEqual([409, "mfa-challenge-not-active"]);
  await backend.faults([]);
  await backend.untilAsked(jobId);
  await backend.answer(jobId, ["1234"]);
  await backend.untilOver(jobId);
  const late = await backend.answer(jobId, ["1234"]);
  expect([late.status, codeOf(late)]).toEqual([409, "mfa-challenge-not-active"]);

  const plain = await backend.startJob(HOOLI, LOGINS.gavin);
  const unasked = await backend.answer(plain, ["1234"]);
  expect([unasked.status, codeOf(unasked)]).toEqual([409, "mfa-challenge-not-active"]);
  expect(await backend.answersSent()).toBe(1);
});

test.each([
  ["no list", "1234"],
  ["an empty list", []],
  ["too few answers", ["Basiq"]],
  ["too many answers", ["Basiq", "AU00000", "more"]],
  ["an answer that is no string", ["Basiq", 5]],
  ["an empty answer", ["Basiq", ""]],
])("%s is not valid, and the challenge stays open", async (_, answers) => {
  const backend = new MobileBackend(reached());
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.whistler);
  const asked = await backend.untilAsked(jobId);
  const reply = await backend.answer(jobId, answers);
  expect([reply.status, codeOf(reply)]).toEqual([400, "parameter-not-valid"]);
  expect(await backend.untilAsked(jobId)).toEqual(asked);
  expect(await backend.answersSent()).toBe(0);
});
