import { describe, expect, test } from "vitest";
import {
  InstitutionUnavailable,
  UpstreamRefused,
  UpstreamUnavailable,
} from "../../../functions/jobs/domain/errors.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { openAndFollow } from "../../../functions/jobs/use-cases/open-connection.ts";
import { JOB_ID, jobOf, lookOf, PLAIN } from "../../support/job-examples.ts";
import { OUTAGE_PROBLEM, queuedUpstream, setStatus } from "../../support/scripted-aggregator.ts";
import { jobToOpen, openingJob } from "../../support/use-case-worlds.ts";

const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const due = jobOf({ phase: "queued", attempt: 1, queue });
const outage = new UpstreamRefused(503, OUTAGE_PROBLEM);

async function toRun(job: Job = jobOf(), status = "operational") {
  const opening = await jobToOpen(job);
  setStatus(opening.ports, status);
  return { ...opening, run: () => openAndFollow(opening.ports, { jobId: JOB_ID }) };
}

describe("an attempt and its first slice in one run", () => {
  test("of a bank that is done within it goes to the end", async () => {
    const { ports, run, row } = await toRun();
    ports.upstream.script.looks.push(lookOf(PLAIN), lookOf(done));
    expect(await run()).toEqual({ next: "done" });
    expect(row().phase).toBe("succeeded");
    expect(ports.vault.names()).toEqual([]);
  });

  test("that died while it followed goes on, and sends no second login", async () => {
    const { ports, run, row } = await toRun();
    ports.upstream.script.looks.push(new Error("died"), lookOf(done));
    await expect(run()).rejects.toThrow("died");
    expect(row().phase).toBe("following");
    expect(await run()).toEqual({ next: "done" });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test("keeps nothing of the login, should upstream repeat it", async () => {
    const { ports, run, row } = await toRun();
    const echo = { code: "x", title: "No", detail: "hooli2016 is wrong" };
    ports.upstream.script.openings.push(new UpstreamRefused(400, echo));
    expect(await run()).toEqual({ next: "done" });
    expect(row().steps[0]).toMatchObject({ status: "failed", result: { ...echo, detail: "[secret]" } });
  });

  test("leaves a login without a usable reply to the attempt's own retries", async () => {
    const { ports, run } = await toRun();
    ports.upstream.script.openings.push("never-arrived");
    await expect(run()).rejects.toThrow(UpstreamUnavailable);
  });

  test("leaves an upstream that gives no usable reply to looks to the next slice", async () => {
    const { ports, run, row } = await toRun();
    ports.upstream.script.looks.push(new UpstreamUnavailable());
    expect(await run()).toEqual({ next: "wait", waitSeconds: 1 });
    expect(row().phase).toBe("following");
  });
});

describe("a first attempt that is held", () => {
  test("is waited for by a state, for 2 hours and its share of a minute", async () => {
    const { ports, run } = await toRun(jobOf(), "major-outage");
    ports.upstream.script.openings.push(outage);
    expect(await run()).toEqual({ next: "hold", waitSeconds: 7226 });
  });

  test("is so also when upstream holds it, and when its run had died before", async () => {
    const { ports, run } = await toRun(openingJob);
    ports.upstream.script.looks.push(queuedUpstream());
    expect(await run()).toEqual({ next: "hold", waitSeconds: 7226 });
  });
});

describe("a further attempt that is held", () => {
  test("is waited for by the Retrier", async () => {
    const { run, row } = await toRun(due, "major-outage");
    await expect(run()).rejects.toThrow(InstitutionUnavailable);
    expect(row()).toMatchObject({ attempt: 2, queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z" } });
  });

  test.each([
    ["that is ready for the user", { ...due, authorization: "user-mfa" }],
    ["that somebody asked for", { ...due, phase: "accepted" }],
  ] as const)("is so, too, as one %s", async (_, job) => {
    const { run } = await toRun({ ...job }, job.phase === "accepted" ? "major-outage" : "operational");
    await expect(run()).rejects.toThrow(InstitutionUnavailable);
  });

  test("is so, too, when the bank says it by its first step", async () => {
    const { ports, run } = await toRun(due);
    const steps = lookOf({ "verify-credentials": "failed" }).steps;
    ports.upstream.script.looks.push({ steps: steps.map((step) => ({ ...step, result: OUTAGE_PROBLEM })) });
    await expect(run()).rejects.toThrow(InstitutionUnavailable);
  });

  test("is so, too, when upstream holds it", async () => {
    const { ports, run, row } = await toRun(due);
    ports.upstream.script.looks.push(queuedUpstream());
    await expect(run()).rejects.toThrow(InstitutionUnavailable);
    expect(row().queue?.isUpstreams).toBe(true);
  });

  test("is over when there is no further one", async () => {
    const { run, row } = await toRun({ ...due, attempt: 84 }, "major-outage");
    expect(await run()).toEqual({ next: "done" });
    expect(row().phase).toBe("failed");
  });
});

describe("what is left of a wait", () => {
  test.each([
    [30 * 60_000, 5_400],
    [7_000_000, 200],
  ])("after a restart %i ms later is waited for by a state: %i s", async (ms, waitSeconds) => {
    const { ports, run, row } = await toRun({
      ...due,
      queue: { ...queue, nextAttemptAt: "2026-01-05T11:00:00.000Z" },
    });
    ports.clock.pass(ms);
    expect(await run()).toEqual({ next: "hold", waitSeconds });
    expect(row().attempt).toBe(1);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("that was written by a run that died is not waited for twice", async () => {
    const { run } = await toRun(due, "major-outage");
    await expect(run()).rejects.toThrow(InstitutionUnavailable);
    expect(await run()).toEqual({ next: "hold", waitSeconds: 7_200 });
  });
});
