import { describe, expect, test } from "vitest";
import { MFA_EXPIRED } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { answerChallenge } from "../../../functions/jobs/use-cases/answer-challenge.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import {
  awaitingJob,
  gavin,
  JOB_ID,
  stepsOf,
  UPSTREAM_JOB_ID,
  WITH_MFA,
} from "../../support/job-examples.ts";
import { caller, jobToSend } from "../../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const furtherAttempt = (changes: Partial<Job> = {}) => awaitingJob({ attempt: 2, queue, ...changes });

/** A job at the end of its deadline, for whose challenge there is no answer. */
async function unanswered(job: Job) {
  const { ports, send, row } = await jobToSend(job, { isKept: false });
  await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
  ports.clock.pass(120_000);
  return { ports, send, row };
}

describe("the challenge of a further attempt that nobody answered", () => {
  test("returns the job to the queue, with its login, and says so", async () => {
    const { ports, send, row } = await unanswered(furtherAttempt());
    await send();
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      steps: stepsOf(WITH_MFA),
      knownUpstreamJobIds: [UPSTREAM_JOB_ID],
      queue: {
        nextAttemptAt: "2026-01-05T11:02:00.000Z",
        expiresAt: queue.expiresAt,
        reason: "challenge-not-answered",
        unanswered: 1,
      },
    });
    expect(row().sealedTaskToken).toBeUndefined();
    expect(ports.upstream.ledger).toEqual([]);
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("makes the workflow hold the next attempt", async () => {
    const { ports } = await unanswered(furtherAttempt());
    expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "hold", waitSeconds: 7_200 });
  });

  test("ends the job when there is no next attempt", async () => {
    const { ports, send, row } = await unanswered(furtherAttempt({ attempt: 85 }));
    await send();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
    expect(ports.vault.names()).toEqual([]);
  });

  test("takes no answer any more", async () => {
    const { ports, send } = await unanswered(furtherAttempt());
    await send();
    await expect(answerChallenge(ports, { jobId: JOB_ID, caller, answers: [] })).rejects.toMatchObject({
      problems: [{ reason: "challenge-not-active" }],
    });
  });
});

describe("the challenge of a first attempt that nobody answered", () => {
  test("fails the job: somebody was there", async () => {
    const { ports, send, row } = await unanswered(awaitingJob());
    await send();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
    expect(ports.vault.names()).toEqual([]);
  });
});
