import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { TEMPORARY_UNAVAILABLE } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { jobOf } from "../../support/job-examples.ts";
import { OUTAGE_PROBLEM, setStatus } from "../../support/scripted-aggregator.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const held = jobOf({ phase: "queued", version: 3, attempt: 1, queue });

async function withJob(status: string, job: Job = held) {
  const opening = await jobToOpen(job);
  setStatus(opening.ports, status);
  return opening;
}

describe("an attempt from the queue", () => {
  test("sends no login while the bank's record says that it is down", async () => {
    const { ports, open, row } = await withJob("major-outage");
    ports.clock.pass(2 * HOUR);
    await open();
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      queue: { nextAttemptAt: "2026-01-05T13:00:00.000Z", expiresAt: queue.expiresAt },
    });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test.each(["operational", "degraded-performance", "under-maintenance"])(
    "sends the login again once the bank is in %s",
    async (status) => {
      const { ports, open, row } = await withJob(status);
      ports.clock.pass(2 * HOUR);
      await open();
      expect(row()).toMatchObject({ phase: "following", attempt: 2, attemptAt: "2026-01-05T11:00:00.000Z" });
      expect(ports.upstream.done("openConnection")).toHaveLength(1);
    },
  );

  test("that upstream refuses is over at once: in the queue there are no blips", async () => {
    const { ports, open, row } = await withJob("operational");
    ports.clock.pass(2 * HOUR);
    ports.upstream.script.openings.push(new UpstreamRefused(503, OUTAGE_PROBLEM));
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2 });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("counts as made when the bank's record cannot be read: the next one asks again", async () => {
    const { ports, open, row } = await withJob("operational");
    ports.clock.pass(2 * HOUR);
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2, queue: { expiresAt: queue.expiresAt } });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });

  test("fails for what is wrong with us, and stays in the queue", async () => {
    const { ports, open, row } = await withJob("operational");
    ports.clock.pass(2 * HOUR);
    ports.upstream.script.institutionFails.push(new TypeError("broken"));
    await expect(open()).rejects.toThrow(TypeError);
    expect(row()).toEqual(held);
  });

  test("is not made before its time, and costs nothing then", async () => {
    const { ports, open, row } = await withJob("operational");
    ports.clock.pass(2 * HOUR - 60_001);
    expect(await open()).toEqual(held);
    expect(row()).toEqual(held);
    expect(ports.upstream.ledger).toEqual([]);
    ports.clock.pass(1);
    expect(await open()).toMatchObject({ phase: "following", attempt: 2 });
  });
});

describe("the queue ends", () => {
  test("well after the 7 days, without a call, in the published words", async () => {
    const { ports, open, row } = await withJob("operational");
    ports.clock.pass(7 * DAY + HOUR + 1);
    await open();
    expect(row()).toMatchObject({ phase: "failed", attempt: 1 });
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
    expect(ports.upstream.ledger).toEqual([]);
    expect(ports.vault.names()).toEqual([]);
  });

  test("at the last attempt that finds the bank down, and not two hours later", async () => {
    const { ports, open, row } = await withJob("major-outage", { ...held, attempt: 84 });
    ports.clock.pass(7 * DAY);
    await open();
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
    expect(ports.vault.names()).toEqual([]);
  });

  test("after 84 retries over 7 days, with one login sent", async () => {
    const { ports, open, row } = await withJob("major-outage", jobOf());
    ports.upstream.script.openings.push(new UpstreamRefused(503, OUTAGE_PROBLEM));
    const began = ports.clock.now().getTime();
    let tries = 1;
    for (let job = await open(); job.phase === "queued"; tries++) {
      ports.clock.pass(Date.parse(job.queue?.nextAttemptAt ?? "") - ports.clock.now().getTime());
      job = await open();
    }
    expect(tries).toBe(85);
    expect(ports.clock.now().getTime() - began).toBe(7 * DAY + 26_000);
    expect(row().steps[0]?.result).toEqual(TEMPORARY_UNAVAILABLE);
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
    expect(ports.upstream.calls("institution")).toHaveLength(85);
    expect(ports.vault.names()).toEqual([]);
  });
});
