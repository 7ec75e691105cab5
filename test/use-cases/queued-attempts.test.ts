import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { TEMPORARY_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { JOB_ID, jobOf, lookOf, PLAIN, UPSTREAM_JOB_ID, USER_ID } from "../support/job-examples.ts";
import {
  donePlain,
  type Look,
  OUTAGE_PROBLEM,
  queuedUpstream,
  setStatus,
} from "../support/scripted-aggregator.ts";
import { jobToOpen, openingJob } from "../support/use-case-worlds.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const outage = new UpstreamRefused(503, OUTAGE_PROBLEM);
const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const queueOfLater = { ...queue, nextAttemptAt: "2026-01-05T11:00:00.000Z" };
/** A job that was woken, and whose second attempt is due now. */
const due = jobOf({ phase: "queued", version: 3, attempt: 1, queue });
const dueAtMfa: Job = { ...due, institutionId: "AU00002", authorization: "user-mfa" };

/** A job that opens its connection, alone or with its first slice, while its bank has a status. */
async function queuedJob(job: Job = due, status = "operational") {
  const opening = await jobToOpen(job);
  setStatus(opening.ports, status, job.institutionId);
  return { ...opening, run: () => openAndFollow(opening.ports, { jobId: JOB_ID }) };
}

describe("a further attempt", () => {
  test.each([
    ["says that it is down", []],
    ["cannot be read", [new UpstreamUnavailable()]],
  ])("sends no login while the bank's record %s", async (_, failures) => {
    const { ports, open, row } = await queuedJob(due, failures.length ? "operational" : "major-outage");
    ports.upstream.script.institutionFails.push(...failures);
    await open();
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    expect(row()).toMatchObject({ phase: "queued", attempt: 2, queue: queueOfLater });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("that the aggregator refuses because of an outage is over at once", async () => {
    const { ports, open, row } = await queuedJob();
    ports.upstream.script.openings.push(outage);
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2 });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("is made from a minute before its time on", async () => {
    const { ports, open } = await queuedJob({ ...due, queue: queueOfLater });
    ports.clock.pass(2 * HOUR - 60_000);
    const attemptAt = "2026-01-05T10:59:00.000Z";
    expect(await open()).toMatchObject({ phase: "following", attempt: 2, attemptAt });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test.each([
    ["follows well after its 7 days, without a call", due, "operational", 7 * DAY + HOUR + 1, 0],
    ["is the last one of 84 and finds the bank down", { ...due, attempt: 84 }, "major-outage", 7 * DAY, 1],
  ])("ends the job when it %s", async (_, job, status, ms, calls) => {
    const { ports, run, row } = await queuedJob(job, status);
    ports.clock.pass(ms);
    expect(await run()).toEqual({ next: "done" });
    expect(row().steps[0]).toMatchObject({ status: "failed", result: TEMPORARY_UNAVAILABLE });
    expect(ports.upstream.ledger).toHaveLength(calls);
    expect(ports.vault.names()).toEqual([]);
  });

  test.each(["attempt", "bank", "user"] as const)(
    "does not begin while the job is parked and waits for its %s: the execution ends",
    async (waitsFor) => {
      const parked = { ...due, queue: { ...queue, waitsFor } };
      const { ports, run, row } = await queuedJob(parked);
      expect(await run()).toEqual({ next: "done" });
      expect([row(), ports.upstream.ledger]).toEqual([parked, []]);
    },
  );
});

describe("a further attempt at an institution that always asks", () => {
  test("sends no login by itself once the bank is back, and is ready for the user", async () => {
    const { ports, open, row } = await queuedJob(dueAtMfa);
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2, queue: { reason: "ready-for-user" } });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["institution"]);
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("sends the login and counts when the job is resumed, whenever it was due", async () => {
    const readyForUser = { ...queueOfLater, reason: "ready-for-user" } as const;
    const { ports, open, row } = await queuedJob({ ...dueAtMfa, phase: "accepted", queue: readyForUser });
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 2 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test("sends nothing and does not count when the job was resumed while the bank is down", async () => {
    const { ports, open, row } = await queuedJob({ ...dueAtMfa, phase: "accepted" }, "major-outage");
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 1 });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });
});

describe("a job in the aggregator's own queue", () => {
  const upstreams: Job = { ...due, upstreamJobId: UPSTREAM_JOB_ID, queue: { ...queue, isUpstreams: true } };

  async function polled(look: Look | Error, changes: Partial<Job> = {}) {
    const queued = await queuedJob({ ...upstreams, ...changes }, "major-outage");
    queued.ports.upstream.script.looks.push(look);
    queued.ports.upstream.addJob(USER_ID, "AU00000", UPSTREAM_JOB_ID);
    return queued;
  }

  test.each([
    ["is still queued there", queuedUpstream()],
    ["cannot be read", new UpstreamUnavailable()],
  ])("waits on when it %s, whatever the bank's record says", async (_, look) => {
    const { ports, open, row } = await polled(look);
    await open();
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      upstreamJobId: UPSTREAM_JOB_ID,
      queue: { ...queueOfLater, isUpstreams: true },
    });
  });

  test.each([
    ["has begun", lookOf({ ...PLAIN, "verify-credentials": "in-progress" })],
    ["has failed", lookOf({ ...PLAIN, "verify-credentials": "failed" })],
    ["is not known any more", new UpstreamRefused(404, TEMPORARY_UNAVAILABLE)],
  ])("is followed again, without another login, when it %s", async (_, look) => {
    const { ports, open, row } = await polled(look);
    await open();
    expect(row()).toMatchObject({
      phase: "following",
      attempt: 2,
      upstreamJobId: UPSTREAM_JOB_ID,
      followUntil: "2026-01-05T09:15:00.000Z",
    });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
  });

  test("is polled when it is resumed, and that does not count", async () => {
    const { ports, open } = await polled(queuedUpstream(), { phase: "accepted" });
    expect(await open()).toMatchObject({ phase: "queued", attempt: 1, queue: { isUpstreams: true } });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual(["job"]);
  });
});

describe("a run that opens and follows", () => {
  test("takes a job to its end, and sends no second login after it died while it followed", async () => {
    const { ports, run, row } = await queuedJob(jobOf());
    ports.upstream.script.looks.push(lookOf(PLAIN), new Error("died"), donePlain);
    await expect(run()).rejects.toThrow("died");
    expect(row().phase).toBe("following");
    expect(await run()).toEqual({ next: "done" });
    expect(row().phase).toBe("succeeded");
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });

  test("stores nothing of the login when the aggregator repeats it", async () => {
    const { ports, run, row } = await queuedJob(jobOf());
    const echo = { code: "x", title: "No", detail: "hooli2016 is wrong" };
    ports.upstream.script.openings.push(new UpstreamRefused(400, echo));
    expect(await run()).toEqual({ next: "done" });
    expect(row().steps[0]).toMatchObject({ status: "failed", result: { ...echo, detail: "[secret]" } });
  });

  test.each([
    ["the aggregator refuses it", jobOf(), [outage]],
    ["the aggregator queues it, and the run before had died", openingJob, []],
  ])("ends, and parks its job, when the first attempt is queued: %s", async (_, job, openings) => {
    const { ports, run, row } = await queuedJob(job, "major-outage");
    ports.upstream.script.openings.push(...openings);
    ports.upstream.script.looks.push(queuedUpstream());
    expect(await run()).toEqual({ next: "done" });
    const waitsFor = openings.length > 0 ? "bank" : "attempt";
    expect(row()).toMatchObject({ queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z", waitsFor } });
  });

  test("does nothing if a later execution drives its job", async () => {
    const { ports, row } = await queuedJob({ ...due, generation: 3 });
    const before = row();
    expect(await openAndFollow(ports, { jobId: JOB_ID, generation: 2 })).toEqual({ next: "done" });
    expect([row(), ports.upstream.ledger]).toEqual([before, []]);
    await openAndFollow(ports, { jobId: JOB_ID, generation: 3 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  const failedByBank = lookOf({ "verify-credentials": "failed" });
  const blaming = { steps: failedByBank.steps.map((step) => ({ ...step, result: OUTAGE_PROBLEM })) };

  test.each([
    ["the bank is down", due, "major-outage", undefined, "bank"],
    ["a resumed job finds the bank down", { ...due, phase: "accepted" }, "major-outage", undefined, "bank"],
    ["it is ready for the user", { ...due, authorization: "user-mfa" }, "operational", undefined, "user"],
    ["the bank fails the first step", due, "operational", blaming, "attempt"],
    ["the bank is down and fails the first step", jobOf(), "major-outage", blaming, "bank"],
    ["the aggregator queues it", due, "operational", queuedUpstream(), "attempt"],
  ] as const)(
    "ends, and parks its job, when its attempt is queued: %s",
    async (_, job, status, look, waitsFor) => {
      const { ports, run, row } = await queuedJob({ ...job }, status);
      if (look !== undefined) ports.upstream.script.looks.push(look);
      expect(await run()).toEqual({ next: "done" });
      expect(row()).toMatchObject({
        phase: "queued",
        queue: { nextAttemptAt: queueOfLater.nextAttemptAt, waitsFor },
      });
      expect(await ports.outages.awaited()).toEqual(waitsFor === "bank" ? ["AU00000"] : []);
    },
  );

  test("of an earlier version, whose wait has not ended, leaves its job parked, without a call", async () => {
    const { ports, run, row } = await queuedJob({ ...due, queue: queueOfLater });
    ports.clock.pass(7_000_000);
    expect(await run()).toEqual({ next: "done" });
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 1,
      queue: { ...queueOfLater, waitsFor: "attempt" },
    });
    expect([row().sweepAt, ports.upstream.ledger]).toEqual([queueOfLater.nextAttemptAt, []]);
  });
});
