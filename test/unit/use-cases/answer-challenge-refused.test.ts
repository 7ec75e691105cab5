import { describe, expect, test } from "vitest";
import { RATE_LIMITS } from "../../../functions/access/rate-limit.ts";
import { MFA_EXPIRED } from "../../../functions/jobs/domain/failures.ts";
import { awaitingJob, challengeOf } from "../../support/job-examples.ts";
import { caller, jobAt, waitingJob } from "../../support/use-case-worlds.ts";

describe("an answer that nothing waits for", () => {
  test.each([
    ["pending", { ...jobAt("following", "pending"), challenge: undefined }],
    ["pending", awaitingJob({ ...jobAt("challenged", "pending"), challenge: challengeOf() })],
    ["success", jobAt("following", "success")],
    ["skipped", { ...jobAt("succeeded", "skipped"), challenge: undefined }],
    ["failed", jobAt("failed", "failed")],
    ["absent", awaitingJob({ phase: "following", challenge: undefined, steps: [] })],
  ])("is refused while the step is %s", async (_, job) => {
    const { ports, refusal } = await waitingJob(job);
    expect(await refusal()).toBe("challenge-not-active");
    expect([ports.vault.names(), ports.waker.woken]).toEqual([[], []]);
  });

  test("is refused as too late at the deadline, and after it", async () => {
    const { ports, refusal, row } = await waitingJob();
    ports.clock.pass(120_000);
    expect(await refusal()).toBe("challenge-over");
    expect(row().phase).toBe("awaiting-answer");
    const steps = awaitingJob().steps.map((step) =>
      step.title === "mfa-challenge" ? { ...step, status: "failed" as const, result: MFA_EXPIRED } : step,
    );
    ports.jobs.put(awaitingJob({ phase: "failed", steps }));
    expect(await refusal()).toBe("challenge-over");
    expect(ports.vault.names()).toEqual([]);
  });

  test("is refused and destroyed when the job ended between reading and marking", async () => {
    const { ports, refusal } = await waitingJob();
    const { keep } = ports.vault;
    ports.vault.keep = async (...args) => {
      await keep(...args);
      ports.jobs.put({ ...jobAt("failed", "failed", challengeOf()), version: 9 });
    };
    expect(await refusal()).toBe("challenge-not-active");
    expect(ports.vault.names()).toEqual([]);
  });

  test("is refused when it is one too many, and nothing is kept of it", async () => {
    const { ports, refusal, row } = await waitingJob();
    ports.requestCounts.add = async () => RATE_LIMITS.user + 1;
    expect(await refusal()).toBe("rate-exceeded");
    expect([ports.vault.names(), ports.waker.woken, row().phase]).toEqual([[], [], "awaiting-answer"]);
  });

  test.each(["other-user", "EA3A81"])("is refused to %s as if there were no job", async (userId) => {
    const { refusal } = await waitingJob();
    expect(await refusal(["1234"], { ...caller, userId })).toBe("job-not-found");
  });

  test.each([
    { scope: "SERVER_ACCESS", version: "3.0" },
    { scope: "CLIENT_ACCESS", version: "2.1" },
  ] as const)("is taken from %j, which is bound to nobody", async (by) => {
    const { answer } = await waitingJob();
    expect((await answer(["1234"], by)).phase).toBe("answered");
  });
});
