import { describe, expect, test } from "vitest";
import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR, MFA_EXPIRED } from "../../../functions/jobs/domain/failures.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  jobOf,
  UPSTREAM_JOB_ID,
} from "../../support/job-examples.ts";
import { answeredJob, jobToSend } from "../../support/use-case-worlds.ts";

describe("an answer that was taken", () => {
  test("is sent once, destroyed, and the job is followed again for what was left", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.clock.pass(30_000);
    expect(await send()).toEqual(row());
    expect(row()).toMatchObject({ phase: "following", followUntil: "2026-01-05T09:14:30.000Z" });
    expect(row().sealedTaskToken).toBeUndefined();
    expect(ports.upstream.ledger).toEqual([
      { call: "answer", subject: UPSTREAM_JOB_ID, sent: ["1234"], isDone: true },
    ]);
    expect(ports.vault.names()).toEqual([]);
  });

  test("is marked as being sent before it is", async () => {
    const { ports, send } = await jobToSend(answeredJob());
    await send();
    expect(ports.jobs.written.map(({ phase }) => phase)).toEqual(["answered", "sending-answer", "following"]);
  });

  test("is sent after its deadline, too: it came in time", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.clock.pass(300_000);
    await send();
    expect(row().phase).toBe("following");
  });

  test("that came late still leaves the bank some time", async () => {
    const { send, row } = await jobToSend(answeredJob({ followLeftMs: 5_000 }));
    await send();
    expect(row().followUntil).toBe("2026-01-05T09:03:00.000Z");
  });

  test("that upstream refuses ends the job in upstream's words", async () => {
    const problem = { code: "resource-no-longer-available", title: "Over", detail: "It has expired." };
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamRefused(410, problem));
    await send();
    expect(row().phase).toBe("failed");
    expect(row().steps[1]).toEqual({ title: "mfa-challenge", status: "failed", result: problem });
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["its answer is gone", answeredJob(), false],
    ["its upstream job is not known", answeredJob({ upstreamJobId: undefined }), true],
    [
      "it was being sent to no known job",
      answeredJob({ phase: "sending-answer", upstreamJobId: undefined }),
      true,
    ],
  ])("fails for a reason of ours when %s", async (_, job, isKept) => {
    const { ports, send, row } = await jobToSend(job, { isKept });
    await send();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[1]?.result).toEqual(INTERNAL_ERROR);
    expect(ports.upstream.ledger).toEqual([]);
    expect(ports.vault.names()).toEqual([]);
  });
});

describe("a challenge that nobody answered", () => {
  test("fails at its deadline, without anything sent", async () => {
    const { ports, send, row } = await jobToSend(awaitingJob(), { isKept: false });
    ports.clock.pass(120_000);
    await send();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("goes on waiting before its deadline", async () => {
    const { send, row } = await jobToSend(awaitingJob(), { isKept: false });
    await send();
    expect(row()).toEqual(awaitingJob());
  });

  test.each([0, 500_000])("counts as answered when an answer was kept, %i ms later", async (ms) => {
    const { ports, send, row } = await jobToSend(awaitingJob());
    ports.clock.pass(ms);
    await send();
    expect(row()).toMatchObject({ phase: "following", challenge: { isAnswered: true } });
    expect(ports.upstream.done("answer")).toHaveLength(1);
  });
});

test("the answer to one challenge is never sent to the next one", async () => {
  const second = challengeOf({ number: 2, expiresAt: "2026-01-05T09:02:00.000Z" });
  const { ports, send, row } = await jobToSend(awaitingJob({ challenge: second }));
  ports.clock.pass(120_000);
  await send();
  expect(row()).toMatchObject({ phase: "failed" });
  expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
  expect(ports.upstream.ledger).toEqual([]);
});

describe("a job without an answer to send", () => {
  test.each([
    followingJob(),
    jobOf(),
    awaitingJob({ phase: "challenged" }),
    awaitingJob({ phase: "succeeded" }),
  ])("is left alone: $phase", async (job) => {
    const { ports, send, row } = await jobToSend(job);
    expect(await send()).toEqual(job);
    expect(row()).toEqual(job);
    expect(ports.upstream.ledger).toEqual([]);
  });
});
