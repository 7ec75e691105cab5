import { describe, expect, test } from "vitest";
import { JobMissing } from "../../../functions/jobs/domain/errors.ts";
import { Secret, taskTokenOf } from "../../../functions/jobs/domain/secret.ts";
import { askForAnswer } from "../../../functions/jobs/use-cases/ask-for-answer.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { awaitingJob, challengeOf, JOB_ID, jobOf, stepsOf, WITH_MFA } from "../../support/job-examples.ts";

const challenged = awaitingJob({
  phase: "challenged",
  version: 4,
  steps: stepsOf({ ...WITH_MFA, "verify-credentials": "success" }),
  challenge: challengeOf(),
});

function withJob(job = challenged) {
  const ports = fakePorts();
  ports.jobs.put(job);
  return {
    ports,
    ask: (token: string) => askForAnswer(ports, { jobId: JOB_ID, taskToken: new Secret(token) }),
    row: () => ports.jobs.row(JOB_ID),
    keptToken: async () => {
      const sealed = Buffer.from(ports.jobs.row(JOB_ID).sealedTaskToken ?? "", "base64");
      return (await ports.sealer.unseal(taskTokenOf(job), sealed)).reveal();
    },
  };
}

describe("asking", () => {
  test("shows challenge, deadline and sealed token in one write", async () => {
    const { ports, ask, row, keptToken } = withJob();
    await ask("token-1");
    expect(ports.jobs.written).toHaveLength(2);
    expect(row()).toMatchObject({ phase: "awaiting-answer", version: 5 });
    expect(row().challenge).toEqual(challengeOf({ expiresAt: "2026-01-05T09:02:00.000Z" }));
    expect(row().steps[1]).toEqual({ title: "mfa-challenge", status: "in-progress", result: null });
    expect(await keptToken()).toBe("token-1");
    expect(JSON.stringify(row())).not.toContain("token-1");
    expect(ports.waker.woken).toEqual([]);
  });

  test.each([
    [3_600, "2026-01-05T09:01:00.000Z"],
    [86_400_000, "2026-01-05T09:15:00.000Z"],
  ])("for an answer within %i ms sets the deadline to %s", async (expiryMs, expiresAt) => {
    const { ask, row } = withJob({ ...challenged, challenge: challengeOf({ expiryMs }) });
    await ask("token-1");
    expect(row().challenge).toMatchObject({ expiryMs, expiresAt });
  });

  test("again takes the new token and leaves the deadline", async () => {
    const { ports, ask, row, keptToken } = withJob();
    await ask("token-1");
    const { expiresAt } = row().challenge ?? {};
    ports.clock.pass(30_000);
    await ask("token-2");
    expect(await keptToken()).toBe("token-2");
    expect(row().challenge?.expiresAt).toBe(expiresAt);
    expect(ports.waker.woken).toEqual([]);
  });

  test("decides anew when the job changed meanwhile", async () => {
    const { ports, ask, row } = withJob(awaitingJob());
    const { record } = ports.jobs;
    ports.jobs.record = async (before, change) => {
      ports.jobs.record = record;
      await record(before, { event: "answerTaken", changes: {} });
      return record(before, change);
    };
    await ask("token-2");
    expect(row().phase).toBe("answered");
    expect(ports.waker.woken).toEqual([{ token: "token-2", challengeNumber: 1 }]);
  });

  test("for a job that does not exist is an error", async () => {
    const asking = askForAnswer(fakePorts(), { jobId: JOB_ID, taskToken: new Secret("t") });
    await expect(asking).rejects.toThrow(JobMissing);
  });
});

describe("when there is nothing to ask", () => {
  test.each(["following", "answered", "sending-answer", "succeeded", "failed"] as const)(
    "the workflow of a job that is %s is woken at once",
    async (phase) => {
      const job = { ...challenged, phase };
      const { ports, ask, row } = withJob(job);
      await ask("token-1");
      expect(row()).toEqual(job);
      expect(ports.waker.woken).toEqual([{ token: "token-1", challengeNumber: 1 }]);
    },
  );

  test("the workflow of a job that was never challenged is woken, too", async () => {
    const { ports, ask } = withJob(jobOf({ phase: "following" }));
    await ask("token-1");
    expect(ports.waker.woken).toEqual([{ token: "token-1", challengeNumber: 0 }]);
  });
});
