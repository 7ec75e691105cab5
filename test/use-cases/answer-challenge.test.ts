import { describe, expect, test } from "vitest";
import { RATE_LIMITS } from "../../functions/access/rate-limit.ts";
import { JOB_CANCELLED, JOB_TIMED_OUT, MFA_EXPIRED } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { Secret, taskTokenOf } from "../../functions/jobs/domain/secret.ts";
import { failCurrentStep, type StepError, type StepStatus } from "../../functions/jobs/domain/steps.ts";
import { answerAndWait } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../functions/jobs/use-cases/ask-for-answer.ts";
import { START } from "../support/fake-clock.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { awaitingJob, challengeOf, JOB_ID, jobOf, stepsOf, WITH_MFA } from "../support/job-examples.ts";
import { beforeNext, caller, failOnce, jobAt, reasonOf, waitingJob } from "../support/use-case-worlds.ts";

const request = { jobId: JOB_ID, caller, answers: [new Secret("1234")] };
const WAIT_MS = 12_000;

describe("asking for an answer", () => {
  const challenged = awaitingJob({
    phase: "challenged",
    version: 4,
    steps: stepsOf({ ...WITH_MFA, "verify-credentials": "success" }),
    challenge: challengeOf(),
  });

  function challengedJob(job = challenged) {
    const ports = fakePorts();
    ports.jobs.put(job);
    const row = () => ports.jobs.row(JOB_ID);
    return {
      ports,
      row,
      ask: (token: string) => askForAnswer(ports, { jobId: JOB_ID, taskToken: new Secret(token) }),
      storedToken: async () => {
        const sealed = Buffer.from(row().sealedTaskToken ?? "", "base64");
        return (await ports.sealer.unseal(taskTokenOf(job), sealed)).reveal();
      },
    };
  }

  test("writes challenge, deadline and sealed token in one write", async () => {
    const { ports, ask, row, storedToken } = challengedJob();
    await ask("token-1");
    expect(ports.jobs.written).toHaveLength(2);
    expect(row()).toMatchObject({ phase: "awaiting-answer", version: 5 });
    expect(row().challenge).toEqual(challengeOf({ expiresAt: "2026-01-05T09:02:00.000Z" }));
    expect(row().steps[1]).toEqual({ title: "mfa-challenge", status: "in-progress", result: null });
    expect(await storedToken()).toBe("token-1");
    expect(JSON.stringify(row())).not.toContain("token-1");
    expect(ports.waker.woken).toEqual([]);
  });

  test("again stores the new token and keeps the deadline", async () => {
    const { ports, ask, row, storedToken } = challengedJob();
    await ask("token-1");
    const { expiresAt } = row().challenge ?? {};
    ports.clock.pass(30_000);
    await ask("token-2");
    expect(await storedToken()).toBe("token-2");
    expect(row().challenge?.expiresAt).toBe(expiresAt);
    expect(ports.waker.woken).toEqual([]);
  });

  test("wakes the workflow when the answer is accepted at that moment", async () => {
    const { ports, ask, row } = challengedJob(awaitingJob());
    beforeNext(ports, "jobs.record", () => ports.jobs.record(row(), { event: "answerTaken", changes: {} }));
    await ask("token-2");
    expect(row().phase).toBe("answered");
    expect(ports.waker.woken).toEqual([{ token: "token-2", challengeNumber: 1 }]);
  });

  test.each([
    ["following without a challenge", jobOf({ phase: "following" }), 0],
    ["answered", { ...challenged, phase: "answered" }, 1],
    ["failed", { ...challenged, phase: "failed" }, 1],
  ] as const)("wakes the workflow at once when the job is %s", async (_, job, challengeNumber) => {
    const { ports, ask, row } = challengedJob({ ...job });
    await ask("token-1");
    expect(row()).toEqual(job);
    expect(ports.waker.woken).toEqual([{ token: "token-1", challengeNumber }]);
  });
});

describe("an answer in time", () => {
  test("is stored for an hour, then written to the row, then wakes the workflow", async () => {
    const { ports, answer, row, stored } = await waitingJob();
    const order: unknown[] = [];
    const { store } = ports.vault;
    ports.vault.store = (ref, secret, until) => {
      order.push(["store", ports.clock.msUntil(until), row().phase]);
      return store(ref, secret, until);
    };
    beforeNext(ports, "waker.wake", () => order.push(["wake", row().phase]));
    expect(await answer(["1234"])).toEqual(row());
    expect(order).toEqual([
      ["store", 3_600_000, "awaiting-answer"],
      ["wake", "answered"],
    ]);
    expect(row()).toMatchObject({ phase: "answered", challenge: { number: 1, isAnswered: true } });
    expect(await stored()).toEqual(["1234"]);
    expect(ports.waker.woken).toEqual([{ token: "task-token", challengeNumber: 1 }]);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test.each([
    [caller],
    [{ scope: "SERVER_ACCESS", version: "3.0" }],
    [{ scope: "CLIENT_ACCESS", version: "2.1" }],
  ] as const)("is accepted from %j in the last millisecond", async (by) => {
    const { ports, answer } = await waitingJob();
    ports.clock.pass(119_999);
    expect((await answer(["1234"], by)).phase).toBe("answered");
  });
});

describe("a second answer", () => {
  test("has no effect: the first answer wins", async () => {
    const { answer, row, stored } = await waitingJob();
    await answer(["1234"]);
    const first = row();
    expect(await answer(["9999"])).toEqual(first);
    expect(await stored()).toEqual(["1234"]);
  });

  test("at the same moment leaves one answer and one change", async () => {
    const { ports, answer, row, stored } = await waitingJob();
    await Promise.all(["1", "2", "3", "4", "5"].map((text) => answer([text])));
    expect(row()).toMatchObject({ phase: "answered", version: awaitingJob().version + 1 });
    expect(await stored()).toHaveLength(1);
    expect(new Set(ports.waker.woken.map(({ challengeNumber }) => challengeNumber))).toEqual(new Set([1]));
  });

  test.each(["jobs.record", "waker.wake"] as const)("completes a request that died at %s", async (name) => {
    const { ports, answer, row, stored } = await waitingJob();
    failOnce(ports, name);
    await expect(answer(["1234"])).rejects.toThrow("died");
    await answer(["9999"]);
    expect(row().phase).toBe("answered");
    expect(await stored()).toEqual(["1234"]);
    expect(ports.waker.woken).toHaveLength(1);
  });

  test.each(["sending-answer", "following"] as const)(
    "while the job is %s wakes nothing and stores nothing",
    async (phase) => {
      const { ports, answer, row } = await waitingJob(jobAt(phase, "in-progress"));
      ports.jobs.put({ ...row(), sealedTaskToken: undefined });
      expect((await answer(["1234"])).phase).toBe(phase);
      expect([ports.vault.names(), ports.waker.woken]).toEqual([[], []]);
    },
  );

  test("that is stored after the first one was sent is deleted", async () => {
    const { ports, answer } = await waitingJob();
    beforeNext(ports, "vault.store", () =>
      ports.jobs.put({ ...jobAt("following", "in-progress"), version: 9 }),
    );
    expect((await answer(["9999"])).phase).toBe("following");
    expect(ports.vault.names()).toEqual([]);
  });
});

describe("the reply to an answer", () => {
  const words = { code: "invalid-credentials", title: "Cannot login", detail: "The code is wrong." };
  const decided = (status: StepStatus, challenge = challengeOf({ isAnswered: true })) =>
    jobAt("following", status, { ...challenge, repeatsUntil: "2026-01-05T09:02:15.000Z" });
  const refused = { ...decided("failed"), phase: "failed" } as const;
  const wrong = { ...refused, steps: failCurrentStep(jobAt("failed", "in-progress").steps, words) };

  const endedBy = (error: StepError) => ({
    ...refused,
    steps: failCurrentStep(jobAt("failed", "in-progress").steps, error),
  });

  /** A job whose bank decides some time after the answer. */
  async function decidedAfter(ms: number, job: Job) {
    const waiting = await waitingJob();
    const { clock, jobs } = waiting.ports;
    const { sleep } = clock;
    clock.sleep = async (pauseMs) => {
      await sleep(pauseMs);
      if (clock.now().getTime() - Date.parse(START) >= ms) jobs.put({ ...job, version: 9 });
    };
    return { ...waiting, wait: () => answerAndWait(waiting.ports, request, WAIT_MS) };
  }

  test.each([
    ["takes the answer", decided("success")],
    ["asks something else", decided("in-progress", challengeOf({ number: 2 }))],
    ["has ended the job otherwise", jobAt("failed", "in-progress")],
    ["does not matter any more, because a user cancelled the job", endedBy(JOB_CANCELLED)],
    ["takes so long that we ended the job", endedBy(JOB_TIMED_OUT)],
  ])("comes as soon as the bank %s, with the job", async (_, job) => {
    const { ports, wait } = await decidedAfter(3_000, job);
    expect(await wait()).toEqual({ ...job, version: 9 });
    expect(ports.clock.now().getTime() - Date.parse(START)).toBe(3_000);
    expect(ports.waker.woken).toHaveLength(1);
  });

  test("to a wrong answer has the bank's words", async () => {
    const { wait } = await decidedAfter(3_000, wrong);
    await expect(wait()).rejects.toMatchObject({ problems: [{ reason: "answer-refused", words }] });
  });

  test("comes after the wait if the bank has not decided, and the answer is not lost", async () => {
    const { ports, wait, stored } = await decidedAfter(60_000, decided("success"));
    expect((await wait()).phase).toBe("answered");
    expect(ports.clock.now().getTime() - Date.parse(START)).toBe(WAIT_MS);
    expect(await stored()).toEqual(["1234"]);
  });

  test.each([
    ["a right", decided("success"), undefined],
    ["a wrong", wrong, "answer-refused"],
  ])("to %s answer that is repeated is the same for two minutes", async (_, job, reason) => {
    const { ports } = await waitingJob(job);
    const wait = () => reasonOf(answerAndWait(ports, request, WAIT_MS));
    ports.clock.pass(134_999);
    const reply = await wait();
    if (reason === undefined) expect(reply).toEqual(ports.jobs.row(JOB_ID));
    else expect(reply).toBe(reason);
    expect(ports.vault.names()).toEqual([]);
    ports.clock.pass(1);
    expect(await wait()).toBe("challenge-not-active");
  });
});

describe("an answer is refused", () => {
  test.each([
    ["pending", { ...jobAt("following", "pending"), challenge: undefined }],
    ["failed", jobAt("failed", "failed")],
  ])("while the step of the challenge is %s", async (_, job) => {
    const { ports, refusal } = await waitingJob(job);
    expect(await refusal()).toBe("challenge-not-active");
    expect([ports.vault.names(), ports.waker.woken]).toEqual([[], []]);
  });

  test("as too late at the deadline, and after it", async () => {
    const { ports, refusal, row } = await waitingJob();
    ports.clock.pass(120_000);
    expect(await refusal()).toBe("challenge-over");
    expect(row().phase).toBe("awaiting-answer");
    const steps = failCurrentStep(row().steps, MFA_EXPIRED);
    ports.jobs.put(awaitingJob({ phase: "failed", steps }));
    expect(await refusal()).toBe("challenge-over");
    expect(ports.vault.names()).toEqual([]);
  });

  test("and deleted when the job ends before the answer is written", async () => {
    const { ports, refusal } = await waitingJob();
    const ended = { ...jobAt("failed", "failed", challengeOf()), version: 9 };
    beforeNext(ports, "jobs.record", () => ports.jobs.put(ended));
    expect(await refusal()).toBe("challenge-not-active");
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([[[]], [["1", "2"]]])("if it does not have one text for each input: %j", async (texts) => {
    const { ports, refusal, row } = await waitingJob();
    expect(await refusal(texts)).toBe("answers-not-valid");
    expect([ports.vault.names(), ports.waker.woken, row().phase]).toEqual([[], [], "awaiting-answer"]);
  });

  test("if it exceeds the rate limit, and nothing of it is stored", async () => {
    const { ports, row } = await waitingJob();
    ports.requestCounts.add = async () => RATE_LIMITS.user + 1;
    expect(await reasonOf(answerAndWait(ports, request, WAIT_MS))).toBe("rate-exceeded");
    expect([ports.vault.names(), ports.waker.woken, row().phase]).toEqual([[], [], "awaiting-answer"]);
  });

  test.each(["other-user", "EA3A81"])("to the user %s as if there were no job", async (userId) => {
    const { refusal } = await waitingJob();
    expect(await refusal(["1234"], { ...caller, userId })).toBe("job-not-found");
  });
});
