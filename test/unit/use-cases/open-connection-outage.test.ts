import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { jobOf, PLAIN, stepsOf } from "../../support/job-examples.ts";
import { OUTAGE_PROBLEM, setStatus } from "../../support/scripted-aggregator.ts";
import { jobToOpen } from "../../support/use-case-worlds.ts";

const outage = new UpstreamRefused(503, OUTAGE_PROBLEM);

async function refused(status: string, job = jobOf(), times = 1) {
  const opening = await jobToOpen(job);
  setStatus(opening.ports, status);
  opening.ports.upstream.script.openings.push(...Array.from({ length: times }, () => outage));
  return opening;
}

describe("a first login that upstream refuses because of an outage", () => {
  test.each(["partial-outage", "major-outage"])("is held at once while the bank is in %s", async (status) => {
    const { ports, open, row } = await refused(status);
    expect(await open()).toEqual(row());
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 1,
      steps: stepsOf(PLAIN),
      queue: { nextAttemptAt: "2026-01-05T11:00:26.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
    });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test.each(["operational", "degraded-performance", "under-maintenance"])(
    "may have met a blip while the bank is in %s, and is sent again soon, as a try of its own",
    async (status) => {
      const { ports, open, row } = await refused(status);
      await expect(open()).rejects.toThrow(UpstreamUnavailable);
      expect(row()).toMatchObject({ phase: "opening", attempt: 2 });
      await open();
      expect(row()).toMatchObject({ phase: "following", attempt: 2 });
      expect(ports.upstream.done("openConnection")).toHaveLength(1);
    },
  );

  test("is held after a minute of blips, whatever the bank's record says", async () => {
    const { ports, open, row } = await refused("operational", jobOf(), 3);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(59_999);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(1);
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 3 });
    expect(ports.upstream.calls("institution")).toHaveLength(2);
  });

  test("may have met a blip when upstream does not know the bank any more", async () => {
    const { ports, open } = await refused("operational");
    ports.upstream.institutions.clear();
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
  });

  test("is held when the bank's record cannot be read", async () => {
    const { ports, open, row } = await refused("operational");
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 1 });
    expect(ports.upstream.done("openConnection")).toEqual([]);
  });

  test("of an update is held, too, on its connection", async () => {
    const { ports, open, row } = await refused(
      "major-outage",
      jobOf({ kind: "update", connectionId: "8fce3b" }),
    );
    await open();
    expect(row()).toMatchObject({ phase: "queued", connectionId: "8fce3b" });
    expect(ports.upstream.calls("updateConnection")).toHaveLength(1);
  });
});

describe("a job that is never held", () => {
  test.each([
    ["a refresh", jobOf({ kind: "refresh", connectionId: "8fce3b" }), true],
    ["a create where the queue is off", jobOf(), false],
    ["an update where the queue is off", jobOf({ kind: "update", connectionId: "8fce3b" }), false],
  ])("such as %s, fails at once in upstream's words", async (_, job, queues) => {
    const { ports, open, row } = await refused("major-outage", job);
    ports.policy.queues = queues;
    await open();
    expect(row().phase).toBe("failed");
    expect(row().steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: OUTAGE_PROBLEM });
    expect(ports.upstream.calls("institution")).toEqual([]);
    expect(ports.refusedLogins.rows.size).toBe(0);
  });
});
