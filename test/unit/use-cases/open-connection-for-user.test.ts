import { describe, expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { jobOf, stepsOf, WITH_MFA } from "../../support/job-examples.ts";
import { setStatus } from "../../support/scripted-aggregator.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };

/** A job whose next attempt is due at an institution that asks. */
async function due(changes: Partial<Job> = {}) {
  const job = jobOf({
    institutionId: "AU00002",
    authorization: "user-mfa",
    steps: stepsOf(WITH_MFA),
    phase: "queued",
    attempt: 1,
    queue,
    ...changes,
  });
  return jobToOpen(job);
}

describe("a further attempt at an institution that always asks", () => {
  test("sends no login by itself once the bank is back, and is ready for the user", async () => {
    const { ports, open, row } = await due();
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2, queue: { reason: "ready-for-user" } });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["institution"]);
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("waits for the bank as every other one while that is down", async () => {
    const { ports, open, row } = await due({ queue: { ...queue, reason: "ready-for-user" } });
    setStatus(ports, "major-outage", "AU00002");
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2 });
    expect(row().queue?.reason).toBeUndefined();
  });

  test("is made when somebody has asked for it, and counts from then on", async () => {
    const { ports, open, row } = await due({
      phase: "accepted",
      queue: { ...queue, reason: "ready-for-user" },
    });
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 2 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test("that somebody has asked for sends nothing to a bank that is down, and does not count", async () => {
    const { ports, open, row } = await due({ phase: "accepted" });
    setStatus(ports, "major-outage", "AU00002");
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 1 });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });

  test("that somebody has asked for is made whenever that is", async () => {
    const later = { ...queue, nextAttemptAt: "2026-01-05T10:59:00.000Z" };
    const { open } = await due({ phase: "accepted", queue: later });
    expect(await open()).toMatchObject({ phase: "following", attempt: 2 });
  });
});

describe("a further attempt at an institution that asks now and then", () => {
  const authorization = "user-mfa-intermittent";

  test.each([undefined, 1, 2])("is made after %s unanswered challenges", async (unanswered) => {
    const { open } = await due({ authorization, queue: { ...queue, unanswered } });
    expect(await open()).toMatchObject({ phase: "following", attempt: 2 });
  });

  test("is ready for the user after three of them", async () => {
    const { ports, open, row } = await due({ authorization, queue: { ...queue, unanswered: 3 } });
    await open();
    expect(row()).toMatchObject({ phase: "queued", queue: { reason: "ready-for-user", unanswered: 3 } });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });
});
