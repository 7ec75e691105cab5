import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR, MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import { answerChallenge } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { sendAndFollow } from "../../functions/jobs/use-cases/send-answer.ts";
import { START } from "../support/fake-clock.ts";
import type { FakePorts } from "../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  JOB_ID,
  jobOf,
  lookOf,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../support/job-examples.ts";
import type { Look } from "../support/scripted-aggregator.ts";
import { done } from "../support/scripted-aggregator.ts";
import { answeredJob, caller, failOnce, jobToSend, reasonOf } from "../support/use-case-worlds.ts";

const problem = { code: "resource-no-longer-available", title: "Over", detail: "It has expired." };
const login = `${JOB_ID}/${USER_ID}/login`;
const asked = { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" } as const;
const askingFor = (text: string, updated = "u2") =>
  lookOf(asked, { challenge: { ...question, input: [text] }, updated });
const repeated = askingFor("OTP Password");
const lost = new UpstreamRefused(404, problem);

/** Lets the job of the aggregator show one look from now on. */
function showFrom({ upstream }: FakePorts, look: Look): void {
  const { job } = upstream;
  upstream.job = async (id) => ({ ...(await job(id)), challenge: undefined, ...look });
}

describe("an accepted answer", () => {
  test("is sent once, deleted, and the job is followed for the rest of its time", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.clock.pass(300_000);
    expect(await send()).toEqual(row());
    expect(row()).toMatchObject({ phase: "following", followUntil: "2026-01-05T09:19:00.000Z" });
    expect(row().sealedTaskToken).toBeUndefined();
    expect(ports.upstream.ledger).toEqual([
      { call: "answer", subject: UPSTREAM_JOB_ID, sent: ["1234"], isDone: true },
    ]);
    expect(ports.jobs.written.map(({ phase }) => phase)).toEqual(["answered", "sending-answer", "following"]);
    expect(ports.vault.names()).toEqual([login]);
  });

  test("that came late leaves the bank 3 minutes", async () => {
    const { send, row } = await jobToSend(answeredJob({ followLeftMs: 5_000 }));
    await send();
    expect(row().followUntil).toBe("2026-01-05T09:03:00.000Z");
  });

  test("that the aggregator refuses ends the job in the aggregator's words", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamRefused(410, problem));
    await send();
    expect(row().phase).toBe("failed");
    expect(row().steps[1]).toEqual({ title: "mfa-challenge", status: "failed", result: problem });
    expect(ports.vault.names()).toEqual([]);
  });

  const sendingToNoJob = answeredJob({ phase: "sending-answer", upstreamJobId: undefined });

  test("that the aggregator refuses after it went on by itself is deleted, and the job goes on", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamRefused(410, problem));
    showFrom(ports, done);
    await send();
    expect(row()).toMatchObject({ phase: "following", followUntil: "2026-01-05T09:14:00.000Z" });
    expect(ports.vault.names()).toEqual([login]);
    await sendAndFollow(ports, { jobId: JOB_ID });
    expect(row().phase).toBe("succeeded");
  });

  test.each([
    ["is not shown", new UpstreamRefused(404, problem)],
    ["cannot be read", new UpstreamUnavailable()],
  ])("that the aggregator refuses is not sent again when the upstream job %s just then", async (_, look) => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamRefused(400, problem));
    failOnce(ports, "upstream.job", look);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(60_000);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: problem });
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["a new time", "u2"],
    ["no time", ""],
  ])(
    "is not asked for again while the aggregator shows its question for 3 s, with %s",
    async (_, updated) => {
      const { ports, row } = await jobToSend(answeredJob());
      const lingering = askingFor("OTP Password", updated);
      ports.upstream.script.looksAfterAnswer.splice(0, 1, [lingering, lingering, lingering, done]);
      expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
      expect(row()).toMatchObject({ phase: "succeeded", challenge: { number: 1 } });
    },
  );

  test("is asked for again when the bank repeats its question for 10 s", async () => {
    const { ports, row } = await jobToSend(answeredJob());
    ports.upstream.script.looksAfterAnswer.splice(0, 1, [repeated]);
    expect(await sendAndFollow(ports, { jobId: JOB_ID })).toMatchObject({ next: "ask" });
    expect(ports.clock.now().toISOString()).toBe("2026-01-05T09:00:10.000Z");
    expect(row()).toMatchObject({ phase: "challenged", challenge: { number: 2 } });
  });

  test.each([
    ["waits for a pause within its slice", 12_000, { next: "done" }, 1],
    ["returns a longer pause, and sends nothing", 12_001, { next: "hold", waitSeconds: 13 }, 0],
  ])("%s that the aggregator asks for", async (_, retryAfterMs, followed, sent) => {
    const { ports, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamUnavailable({ retryAfterMs }));
    ports.upstream.script.looksAfterAnswer.splice(0, 1, [done]);
    expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual(followed);
    expect(ports.upstream.done("answer")).toHaveLength(sent);
    expect(row().phase).toBe(sent ? "succeeded" : "sending-answer");
    expect(ports.clock.now().getTime() - Date.parse(START)).toBe(sent ? retryAfterMs : 0);
  });

  test.each([
    ["the answer is missing", answeredJob(), false],
    ["its upstream job is not known", answeredJob({ upstreamJobId: undefined }), true],
    ["the upstream job that it was sent to is not known", sendingToNoJob, true],
  ])("ends the job with an internal error when %s", async (_, job, isUnexpired) => {
    const { ports, send, row } = await jobToSend(job, { isUnexpired });
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: INTERNAL_ERROR });
    expect(ports.upstream.ledger).toEqual([]);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([0, 500_000])(
    "is sent if its request died before it updated the row, %i ms later",
    async (ms) => {
      const { ports, send, row } = await jobToSend(awaitingJob());
      ports.clock.pass(ms);
      await send();
      expect(row()).toMatchObject({ phase: "following", challenge: { isAnswered: true } });
      expect(ports.upstream.done("answer")).toHaveLength(1);
    },
  );

  test("is never sent to the next challenge", async () => {
    const second = challengeOf({ number: 2, expiresAt: "2026-01-05T09:02:00.000Z" });
    const { ports, send, row } = await jobToSend(awaitingJob({ challenge: second }));
    ports.clock.pass(120_000);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: MFA_EXPIRED });
    expect(ports.upstream.calls("answer")).toEqual([]);
  });
});

describe("an answer that may have arrived", () => {
  test("is not sent again when the aggregator has it", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push("reply-lost");
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(row().phase).toBe("sending-answer");
    await send();
    expect(row().phase).toBe("following");
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([login]);
  });

  test.each([
    ["it never arrived", "never-arrived"],
    [
      "the aggregator refused it because of an outage",
      new UpstreamRefused(503, { ...problem, code: "service-unavailable" }),
    ],
  ] as const)("is sent again when %s", async (_, fate) => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(fate);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    await send();
    expect(row().phase).toBe("following");
    const calls = ports.upstream.ledger.map(({ call, isDone }) => `${call} ${isDone}`);
    expect(calls).toEqual(["answer false", "job false", "answer true"]);
  });

  test("is not sent again for a minute while it may still be in transit", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamUnavailable({ mayStillArrive: true }));
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(59_999);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    ports.clock.pass(1);
    await send();
    expect(row().phase).toBe("following");
    expect(row().sendAgainAt).toBeUndefined();
    expect(ports.upstream.calls("answer")).toHaveLength(2);
  });

  test("ends the job in the aggregator's words when the aggregator refuses to show the job for a minute", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push("reply-lost");
    ports.upstream.script.looksAfterAnswer.splice(0, 1, [lost]);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(59_999);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(1);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: problem });
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["has the answer", "reply-lost", 1],
    ["does not have it", "never-arrived", 2],
  ] as const)(
    "survives an aggregator that loses its job for a moment, and then %s",
    async (_, fate, answers) => {
      const { ports, send, row } = await jobToSend(answeredJob());
      ports.upstream.script.answers.push(fate);
      await expect(send()).rejects.toThrow(UpstreamUnavailable);
      failOnce(ports, "upstream.job", lost);
      await expect(send()).rejects.toThrow(UpstreamUnavailable);
      ports.clock.pass(60_000);
      await send();
      expect(row().phase).toBe("following");
      expect(row().lostAt).toBeUndefined();
      expect(ports.upstream.calls("answer")).toHaveLength(answers);
    },
  );
});

describe("a challenge without an answer", () => {
  const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };

  test("is waited for until its deadline", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    ports.clock.pass(119_999);
    await send();
    expect(row()).toEqual(awaitingJob());
  });

  test.each([
    ["a first attempt", awaitingJob()],
    ["the last attempt", awaitingJob({ attempt: 85, queue })],
  ])("fails the job of %s at the deadline, and nothing is sent", async (_, job) => {
    const { ports, send, row } = await jobToSend(job, { isUnexpired: false });
    ports.clock.pass(120_000);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: MFA_EXPIRED });
    expect(ports.upstream.calls("answer")).toEqual([]);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["the bank has finished", done, "succeeded"],
    ["the bank has failed", lookOf({ ...asked, "mfa-challenge": "failed" }), "failed"],
    ["the bank asks something else", askingFor("First pet"), "challenged"],
    ["the bank decides without an answer", lookOf(asked), "following"],
  ])("does not expire at the deadline when %s meanwhile", async (_, look, phase) => {
    const { ports, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    showFrom(ports, look);
    ports.clock.pass(120_000);
    await sendAndFollow(ports, { jobId: JOB_ID });
    expect(row().phase).toBe(phase);
    expect(row().steps.map(({ result }) => result)).not.toContainEqual(MFA_EXPIRED);
    expect(row().sealedTaskToken).toBeUndefined();
  });

  test("expires at the deadline although the aggregator shows the same question in a newer job", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    showFrom(ports, repeated);
    ports.clock.pass(120_000);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: MFA_EXPIRED });
  });

  test("is open at its deadline until the aggregator can be reached", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    ports.clock.pass(120_000);
    ports.upstream.script.isDown = true;
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toEqual(awaitingJob());
    ports.upstream.script.isDown = false;
    await send();
    expect(row().phase).toBe("failed");
  });

  test("is open for a minute after its deadline while the aggregator does not show the upstream job", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    ports.clock.pass(120_000);
    failOnce(ports, "upstream.job", lost);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toEqual(awaitingJob());
    showFrom(ports, done);
    await sendAndFollow(ports, { jobId: JOB_ID });
    expect(row().phase).toBe("succeeded");
  });

  test("ends the job in the aggregator's words a minute after its deadline if the upstream job stays lost", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isUnexpired: false });
    ports.upstream.job = () => Promise.reject(lost);
    ports.clock.pass(179_999);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(1);
    await send();
    expect(row().steps[1]).toMatchObject({ status: "failed", result: problem });
  });

  test("changes nothing if a later execution drives the job", async () => {
    const job = awaitingJob({ generation: 3 });
    const { ports, row } = await jobToSend(job);
    const before = row();
    ports.clock.pass(120_000);
    expect(await sendAndFollow(ports, { jobId: JOB_ID, generation: 2 })).toEqual({ next: "done" });
    expect([row(), ports.upstream.ledger]).toEqual([before, []]);
  });

  test("returns the job of a further attempt to the queue, with its login, and accepts no answer any more", async () => {
    const { ports, row } = await jobToSend(awaitingJob({ attempt: 2, queue }), { isUnexpired: false });
    ports.clock.pass(120_000);
    expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      steps: stepsOf(WITH_MFA),
      knownUpstreamJobIds: [UPSTREAM_JOB_ID],
      queue: {
        ...queue,
        nextAttemptAt: "2026-01-05T11:02:00.000Z",
        reason: "challenge-not-answered",
        unanswered: 1,
      },
    });
    expect(row().sealedTaskToken).toBeUndefined();
    expect(ports.upstream.calls("answer")).toEqual([]);
    expect(ports.vault.names()).toEqual([login]);
    const answering = answerChallenge(ports, { jobId: JOB_ID, caller, answers: [] });
    expect(await reasonOf(answering)).toBe("challenge-not-active");
  });
});

test.each([
  followingJob(),
  jobOf(),
  awaitingJob({ phase: "challenged" }),
  awaitingJob({ phase: "succeeded" }),
])("a job that is $phase has no answer to send", async (job) => {
  const { ports, send, row } = await jobToSend(job);
  expect(await send()).toEqual(job);
  expect(row()).toEqual(job);
  expect(ports.upstream.ledger).toEqual([]);
});

describe("a run that sends and follows", () => {
  const run = (ports: Awaited<ReturnType<typeof jobToSend>>["ports"]) =>
    sendAndFollow(ports, { jobId: JOB_ID });

  test("takes the job to its end, and sends no second answer after it died while it followed", async () => {
    const { ports, row } = await jobToSend(answeredJob());
    ports.upstream.script.looksAfterAnswer[0]?.splice(0, 1, new Error("died"), done);
    await expect(run(ports)).rejects.toThrow("died");
    expect(await run(ports)).toEqual({ next: "done" });
    expect(row().phase).toBe("succeeded");
    expect(ports.upstream.done("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });

  test("stores nothing of an answer when the aggregator repeats it", async () => {
    const { ports, row } = await jobToSend(answeredJob());
    const echo = { ...problem, detail: "1234 is wrong" };
    ports.upstream.script.answers.push(new UpstreamRefused(400, echo));
    expect(await run(ports)).toEqual({ next: "done" });
    expect(row().steps[1]).toMatchObject({ status: "failed", result: { ...echo, detail: "[secret]" } });
  });

  test("deletes the secrets of a job that has failed before", async () => {
    const { ports } = await jobToSend(awaitingJob({ phase: "failed" }));
    expect(await run(ports)).toEqual({ next: "done" });
    expect(ports.vault.names()).toEqual([]);
  });
});
