import { beforeAll, describe, expect, test } from "vitest";
import { errorReply, jobReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, decided, refresh, resume, succeeded, update } from "./calls.ts";
import { AVIATO, HOOLI, LOGINS, NUCLEUS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, BANK_OUT_OF_SIGHT, isOver, MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { isQueued, NOT_ANSWERED, QUEUE_WORDS, untilQueued } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());

const NOT_ACTIVE = [409, "mfa-challenge-not-active", [undefined]];
const NO_LONGER_AVAILABLE = [410, "resource-no-longer-available", [undefined]];
const EXPIRED = [
  "verify-credentials: success",
  "mfa-challenge: failed",
  "retrieve-accounts: pending",
  "retrieve-transactions: pending",
];
const QUESTION = "What's your first company?";
const WRONG_ANSWER = {
  code: "invalid-credentials",
  title: "Cannot login to target institution",
  detail: "MFA response is not correct",
};

/** Jobs that wait in the queue because the bank was down, each with a user of its own. */
const QUEUED = { answered: "refuse", unanswered: "refuse", "held upstream": "queue", wrong: "refuse" };
const queued = new Map<string, { backend: MobileBackend; jobId: string }>();
function queuedJob(name: keyof typeof QUEUED | "update") {
  const found = queued.get(name);
  if (found === undefined) throw new Error("There is no such job.");
  return found;
}

beforeAll(async () => {
  const bank = newBackend();
  const updating = newBackend();
  const connectionId = await connected(updating, PIED_PIPER, LOGINS.gilfoyle, ["Hooli"]);
  for (const [name, outage] of Object.entries(QUEUED)) {
    await bank.institution(PIED_PIPER, { status: "major-outage", outage });
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await untilQueued(backend, jobId);
    queued.set(name, { backend, jobId });
  }
  await bank.institution(PIED_PIPER, { status: "major-outage", outage: "fail" });
  const jobId = begun(await update(updating, connectionId, LOGINS.gilfoyle));
  await untilQueued(updating, jobId);
  queued.set("update", { backend: updating, jobId });
  await bank.institution(PIED_PIPER, { status: "operational" });
});

// The tests that wait for a deadline come first, so that the others run meanwhile.
describe.concurrent("a challenge", () => {
  test("that nobody answers fails the job at its deadline, and takes no answer after it", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
    await backend.untilAsked(jobId);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual(EXPIRED);
    expect(job.steps[1]?.result).toMatchObject({ code: "mfa-expired", title: "MFA challenge expired" });
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NO_LONGER_AVAILABLE);
    expect(await backend.answersSent()).toBe(0);
  });

  test("of a refresh that nobody answers fails the job at its deadline and frees the connection", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
    const jobId = begun(await refresh(backend, connectionId));
    await backend.untilAsked(jobId);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(EXPIRED);
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NO_LONGER_AVAILABLE);
    expect(await backend.answersSent()).toBe(1);
    expect(begun(await refresh(backend, connectionId))).not.toBe(jobId);
  });

  test("of a resumed job that nobody answers returns the job to the queue, for another try", async () => {
    const { backend, jobId } = queuedJob("unanswered");
    await resume(backend, jobId);
    const first = await backend.untilAsked(jobId);
    const waiting = await untilQueued(backend, jobId);
    expect(waiting.queued).toMatchObject({
      ...QUEUE_WORDS,
      detail: NOT_ANSWERED,
      attempt: 2,
      attemptsLeft: 83,
    });
    expect(waiting.job.steps.slice(1)).toEqual(
      ["mfa-challenge", "retrieve-accounts", "retrieve-transactions"].map((title) => ({
        title,
        status: "pending",
        result: null,
      })),
    );
    expect(waiting.job.links.source).toBeUndefined();
    expect((await backend.connect(PIED_PIPER, LOGINS.jared)).status).toBe(200);
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);

    await resume(backend, jobId);
    const second = await backend.untilAsked(jobId);
    expect(second.expiresAt > first.expiresAt).toBe(true);
    expect(await backend.answersSent()).toBe(0);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([3, 1]);
  });

  test("of a job that the aggregator held is shown while somebody can answer it", async () => {
    const { backend, jobId } = queuedJob("held upstream");
    // The bank sent its code when it came back. The first challenge may have expired, so this may take two tries.
    do {
      expect((await resume(backend, jobId)).status).toBe(202);
      await backend.until(
        jobId,
        (steps) =>
          isOver(steps) || isQueued(steps) || stepOf(steps, "mfa-challenge")?.status === "in-progress",
      );
    } while (isQueued((await backend.job(jobId)).steps));
    await backend.untilAsked(jobId);
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect(await backend.answersSent()).toBe(1);
  });

  test.each([
    ["a one-time code", LOGINS.jared, PIED_PIPER, "token", ["OTP Password"], ["1234"]],
    ["a security question", LOGINS.gilfoyle, PIED_PIPER, "security-questions", [QUESTION], ["Hooli"]],
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
  ])("for %s is shown, answered and passed", async (_, login, institutionId, method, input, answers) => {
    const backend = newBackend();
    const jobId = await backend.startJob(institutionId, login);
    expect(await backend.untilAsked(jobId)).toMatchObject({
      method,
      input,
      expiryMs: 120_000,
      links: { response: `${reached().apiUrl}/jobs/${jobId}/mfa` },
    });
    const reply = await decided(backend, jobId, answers);
    expect(reply.status).toBe(202);
    const replied = jobReply.parse(reply.json);
    expect([replied.id, stepOf(replied.steps, "mfa-challenge")?.status]).toEqual([jobId, "success"]);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual(ALL_DONE);
    expect(stepOf(job.steps, "mfa-challenge")?.result).toBeNull();
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 1]);
  });

  test("of an intermittent bank comes every second time, and is skipped otherwise", async () => {
    const backend = newBackend();
    await connected(backend, NUCLEUS, LOGINS.jared, ["1234"]);
    const skipped = await succeeded(backend, await backend.startJob(NUCLEUS, LOGINS.jared));
    expect(skipped.steps[1]).toEqual({ title: "mfa-challenge", status: "skipped", result: null });
  });

  test("that was answered wrongly fails the job, and every answer in the next two minutes gets the bank's words", async ({
    expect,
  }) => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.richard);
    await backend.untilAsked(jobId);
    const wrong = await decided(backend, jobId, ["9999"]);
    for (const reply of [
      wrong,
      await backend.answer(jobId, ["9999"]),
      await backend.answer(jobId, ["1234"]),
    ]) {
      expect([reply.status, errorReply.parse(reply.json).data]).toEqual([
        400,
        [{ type: "error", ...WRONG_ANSWER }],
      ]);
    }
    const job = await backend.job(jobId);
    expect(statuses(job.steps)).toEqual(EXPIRED);
    expect(job.steps[1]?.result).toEqual({ ...WRONG_ANSWER, details: WRONG_ANSWER.detail });
    await expect.poll(async () => (await backend.answer(jobId, ["1234"])).status).toBe(409);
    expect(await backend.answersSent()).toBe(1);
  });

  test("stays open after an answer that is not valid", async () => {
    const backend = newBackend();
    const jobId = await backend.startJob(PIED_PIPER, LOGINS.whistler);
    const asked = await backend.untilAsked(jobId);
    for (const [answers, field] of [
      ["1234", "mfa-response"],
      [[], "mfa-response"],
      [["Basiq"], "mfa-response"],
      [["Basiq", "AU00000", "more"], "mfa-response"],
      [["Basiq", 5], "mfa-response"],
      [["Basiq", ""], "mfa-response"],
    ] as const) {
      const reply = await backend.answer(jobId, answers);
      expect(refusal(reply), JSON.stringify(answers)).toEqual([400, "parameter-not-valid", [field]]);
    }
    expect(await backend.untilAsked(jobId)).toEqual(asked);
    expect(await backend.answersSent()).toBe(0);
  });

  test("of a resumed job is answered as any other", async () => {
    const { backend, jobId } = queuedJob("answered");
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);
    await resume(backend, jobId);
    const challenge = await backend.untilAsked(jobId);
    expect(challenge).toMatchObject({ method: "token", input: ["OTP Password"], expiryMs: 120_000 });
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([2, 1]);
  });

  test("of a resumed update is answered as any other", async () => {
    const { backend, jobId } = queuedJob("update");
    await resume(backend, jobId);
    expect((await backend.untilAsked(jobId)).input).toEqual([QUESTION]);
    await backend.answer(jobId, ["Hooli"]);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  });

  test("of a resumed job that was answered wrongly ends the job", async () => {
    const { backend, jobId } = queuedJob("wrong");
    await resume(backend, jobId);
    await backend.untilAsked(jobId);
    await backend.answer(jobId, ["9999"]);
    const { steps } = await backend.untilOver(jobId);
    expect(steps[1]).toMatchObject({ status: "failed", result: { detail: "MFA response is not correct" } });
    expect(refusal(await resume(backend, jobId))).toEqual([409, "job-not-queued", [undefined]]);
  });
});

test("an answer is refused before the challenge and where there is none, and two minutes after it: until then, a repeat gets the job", async () => {
  const backend = newBackend();
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);
  await backend.faults([]);
  await backend.untilAsked(jobId);
  const accepted = await decided(backend, jobId, ["1234"]);
  const again = await backend.answer(jobId, ["1234"]);
  expect([accepted.status, again.status]).toEqual([202, 202]);
  expect(stepOf(jobReply.parse(again.json).steps, "mfa-challenge")?.status).toBe("success");
  await succeeded(backend, jobId);
  // In the time of the tests, two minutes are 13 s.
  await expect.poll(async () => (await backend.answer(jobId, ["1234"])).status).toBe(409);
  expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual(NOT_ACTIVE);
  const plain = await backend.startJob(HOOLI, LOGINS.gavin);
  expect(refusal(await backend.answer(plain, ["1234"]))).toEqual(NOT_ACTIVE);
  expect(await backend.answersSent()).toBe(1);
});

test("an answer posted twice at once and a later answer are accepted, and only the first is sent", async () => {
  const backend = newBackend();
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.faults(BANK_OUT_OF_SIGHT);
  const replies = await Promise.all([backend.answer(jobId, ["1234"]), backend.answer(jobId, ["1234"])]);
  expect(replies.map(({ status }) => status)).toEqual([202, 202]);
  expect((await backend.job(jobId)).steps[1]).toEqual({
    title: "mfa-challenge",
    status: "in-progress",
    result: null,
  });
  expect((await backend.answer(jobId, ["9999"])).status).toBe(202);
  await backend.faults([]);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  expect(await backend.answersSent()).toBe(1);
});
