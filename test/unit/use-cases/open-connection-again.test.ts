import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { USER_ID } from "../../support/job-examples.ts";
import { jobToOpen, openingJob } from "../../support/use-case-worlds.ts";

describe("an attempt of which nobody knows whether it arrived", () => {
  test("is looked up, and taken up when upstream has it", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push("reply-lost");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toMatchObject({ phase: "opening", attempt: 1 });
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 1, upstreamJobId: "upstream-1" });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("is made again when upstream never heard of it", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push("never-arrived");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 1 });
    expect(ports.upstream.ledger.map(({ call }) => call)).toEqual([
      "openConnection",
      "jobsOf",
      "openConnection",
    ]);
  });

  test.each([
    ["cannot be read", new UpstreamUnavailable()],
    ["is refused", new UpstreamRefused(406, { code: "a", title: "b", detail: "c" })],
  ])("is not made again while upstream's list %s", async (_, failure) => {
    const { ports, open, row } = await jobToOpen(openingJob);
    ports.upstream.script.listFails.push(failure);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toEqual(openingJob);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });

  test("is not mistaken for an earlier attempt's or job's", async () => {
    const { ports, open, row } = await jobToOpen({ ...openingJob, knownUpstreamJobIds: ["earlier"] });
    ports.upstream.addJob(USER_ID, "AU00000", "earlier");
    ports.upstream.addJob(USER_ID, "AU00002", "another-bank");
    ports.upstream.addJob("another-user", "AU00000", "another-user");
    await open();
    expect(row().upstreamJobId).toBe("upstream-4");
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test("is looked for from the job's beginning when its own is not known", async () => {
    const { ports, open, row } = await jobToOpen({ ...openingJob, attemptAt: undefined });
    ports.upstream.addJob(USER_ID, "AU00000", "ours");
    await open();
    expect(row().upstreamJobId).toBe("ours");
  });
});

describe("an attempt that may still be on its way", () => {
  test("is neither made again nor given up, and taken up once it has arrived", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push("under-way");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(5_000);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row().phase).toBe("opening");
    ports.clock.pass(40_000);
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-1" });
    expect(row().sendAgainAt).toBeUndefined();
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("has its minute from the end of a long exchange on", async () => {
    const { ports, open } = await jobToOpen();
    const { openConnection } = ports.upstream;
    ports.upstream.script.openings.push("under-way");
    ports.upstream.openConnection = async (...login) => {
      ports.clock.pass(58_000);
      return openConnection(...login);
    };
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(5_000);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("is made again after a minute of which upstream knows nothing", async () => {
    const { ports, open } = await jobToOpen({ ...openingJob, sendAgainAt: "2026-01-05T09:01:00.000Z" });
    ports.clock.pass(59_999);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    ports.clock.pass(1);
    await open();
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });
});

describe("an attempt that has gone on for more than four minutes", () => {
  const LATE_MS = 4 * 60_000 + 1;

  test("is looked up once more, and taken up if it is there", async () => {
    const { ports, open, row } = await jobToOpen(openingJob);
    ports.upstream.addJob(USER_ID, "AU00000", "ours");
    ports.clock.pass(LATE_MS);
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "ours" });
  });

  test.each([
    ["upstream knows nothing of it", undefined],
    ["upstream cannot be asked", new UpstreamUnavailable()],
  ])("ends the job without another login when %s", async (_, failure) => {
    const { ports, open, row } = await jobToOpen(openingJob);
    if (failure !== undefined) ports.upstream.script.listFails.push(failure);
    ports.clock.pass(LATE_MS);
    await open();
    expect(row().steps[0]).toMatchObject({ status: "failed", result: { code: "service-unavailable" } });
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    expect(ports.vault.names()).toEqual([]);
  });

  test("goes back to the queue when it came from there", async () => {
    const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
    const { ports, open, row } = await jobToOpen({ ...openingJob, attempt: 2, queue });
    ports.clock.pass(LATE_MS);
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 2 });
    expect(ports.vault.names()).toHaveLength(1);
  });
});
