import { describe, expect, test } from "vitest";
import {
  InstitutionUnavailable,
  QueueExhausted,
  UpstreamRefused,
  UpstreamUnavailable,
} from "../../../functions/domain/errors.ts";
import { jobOf, PLAIN, stepsOf } from "../../support/job-examples.ts";
import { jobToOpen } from "../../support/opening.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const outage = new UpstreamRefused(503, { code: "service-unavailable", title: "Down", detail: "Down" });

async function withJob(status: string, job = jobOf()) {
  const opening = await jobToOpen(job);
  const { institutions } = opening.ports.upstream;
  const bank = institutions.get("AU00000");
  if (bank !== undefined) institutions.set("AU00000", { ...bank, status });
  return opening;
}

describe("a login that upstream does not take because of an outage", () => {
  test.each(["partial-outage", "major-outage"])("is held while the bank is in %s", async (status) => {
    const { ports, open, row } = await withJob(status);
    ports.upstream.script.openings.push(outage);
    await expect(open()).rejects.toThrow(InstitutionUnavailable);
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 1,
      steps: stepsOf(PLAIN),
      queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
    });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test.each(["operational", "degraded-performance", "under-maintenance"])(
    "is upstream's own trouble while the bank is in %s",
    async (status) => {
      const { ports, open, row } = await withJob(status);
      ports.upstream.script.openings.push(outage);
      await expect(open()).rejects.toThrow(UpstreamUnavailable);
      expect(row()).toMatchObject({ phase: "opening", attempt: 1 });
      await open();
      expect(row()).toMatchObject({ phase: "following", attempt: 1 });
      expect(ports.upstream.done("openConnection")).toHaveLength(1);
    },
  );

  test("is upstream's own trouble when upstream does not know the bank any more", async () => {
    const { ports, open } = await withJob("operational");
    ports.upstream.institutions.clear();
    ports.upstream.script.openings.push(outage);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
  });

  test("is decided later when the bank's record cannot be read", async () => {
    const { ports, open, row } = await withJob("major-outage");
    ports.upstream.script.openings.push(outage, outage);
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row().phase).toBe("opening");
    ports.clock.pass(60_000);
    await expect(open()).rejects.toThrow(InstitutionUnavailable);
    expect(row()).toMatchObject({ phase: "queued", attempt: 1 });
    expect(ports.upstream.done("openConnection")).toEqual([]);
  });
});

describe("an attempt from the queue", () => {
  const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
  const queued = jobOf({ phase: "queued", version: 3, attempt: 1, queue });

  test("sends no login while the bank's record says that it is down", async () => {
    const { ports, open, row } = await withJob("major-outage", queued);
    ports.clock.pass(2 * HOUR);
    await expect(open()).rejects.toThrow(InstitutionUnavailable);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 2,
      queue: { nextAttemptAt: "2026-01-05T13:00:00.000Z", expiresAt: queue.expiresAt },
    });
  });

  test("sends the login again once the bank is back", async () => {
    const { ports, open, row } = await withJob("operational", queued);
    ports.clock.pass(2 * HOUR);
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 2 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test("counts as made when the bank's record cannot be read: the next one asks again", async () => {
    const { ports, open, row } = await withJob("operational", queued);
    ports.clock.pass(2 * HOUR);
    ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
    await expect(open()).rejects.toThrow(InstitutionUnavailable);
    expect(row()).toMatchObject({ phase: "queued", attempt: 2, queue: { expiresAt: queue.expiresAt } });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });

  test("fails for what is wrong with us, and stays in the queue", async () => {
    const { ports, open, row } = await withJob("operational", queued);
    ports.clock.pass(2 * HOUR);
    ports.upstream.script.institutionFails.push(new TypeError("broken"));
    await expect(open()).rejects.toThrow(TypeError);
    expect(row()).toEqual(queued);
  });

  test("is not made before its time, and costs nothing then", async () => {
    const { ports, open, row } = await withJob("operational", queued);
    ports.clock.pass(2 * HOUR - 61_000);
    await expect(open()).rejects.toThrow(InstitutionUnavailable);
    expect(row()).toEqual(queued);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("is not made any more well after the 7 days", async () => {
    const { ports, open } = await withJob("operational", queued);
    ports.clock.pass(7 * DAY + 2 * HOUR);
    await expect(open()).rejects.toThrow(QueueExhausted);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("is made 84 times over 7 days, then never again", async () => {
    const { ports, open, row } = await withJob("major-outage");
    ports.upstream.script.openings.push(outage);
    const began = ports.clock.now().getTime();
    let last = began;
    for (let tries = 1; ; tries++) {
      const error: unknown = await open().catch((reason: unknown) => reason);
      if (!(error instanceof InstitutionUnavailable)) {
        expect(error).toMatchObject({ name: "QueueExhausted" });
        expect(tries).toBe(86);
        break;
      }
      last = ports.clock.now().getTime();
      ports.clock.pass(2 * HOUR);
    }
    expect(last - began).toBe(7 * DAY);
    expect(row()).toMatchObject({ phase: "queued", attempt: 85 });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });
});
