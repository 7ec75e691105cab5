import { describe, expect, test } from "vitest";
import { JobMissing, UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { JOB_TIMED_OUT } from "../../../functions/jobs/domain/failures.ts";
import { followJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { followingJob, JOB_ID, jobOf, lookOf, PLAIN, stepsOf } from "../../support/job-examples.ts";
import { jobToFollow } from "../../support/use-case-worlds.ts";

const verifying = { ...PLAIN, "verify-credentials": "in-progress" } as const;
const verified = { ...PLAIN, "verify-credentials": "success" } as const;
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const wrongLogin = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };

describe("a slice", () => {
  test("writes each change as it is seen, and ends when the job is over", async () => {
    const { ports, follow, row } = await jobToFollow([
      lookOf(verifying),
      lookOf(verified, { connectionId: "8fce3b" }),
      lookOf(done),
    ]);
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", steps: stepsOf(done), connectionId: "8fce3b" });
    expect(ports.jobs.written.map(({ version }) => version)).toEqual([3, 4, 5, 6]);
    expect(ports.upstream.calls("job")).toHaveLength(3);
  });

  test("writes nothing while nothing changes, and asks to be called again", async () => {
    const { ports, follow } = await jobToFollow([lookOf(PLAIN)]);
    expect(await follow()).toEqual({ next: "wait", waitSeconds: 1 });
    expect(ports.jobs.written).toHaveLength(1);
    expect(ports.upstream.calls("job")).toHaveLength(13);
  });

  test("asks to be called less often the longer the job takes", async () => {
    const { ports, follow } = await jobToFollow([lookOf(PLAIN)]);
    ports.clock.pass(2 * 60_000);
    expect(await follow()).toEqual({ next: "wait", waitSeconds: 5 });
    ports.clock.pass(4 * 60_000);
    expect(await follow()).toEqual({ next: "wait", waitSeconds: 15 });
  });

  test("looks once more from the row when another writer came between", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verifying), lookOf(done)]);
    const { record } = ports.jobs;
    ports.jobs.record = async (before, change) => {
      ports.jobs.record = record;
      await record(before, { event: "stepsProgressed", changes: { connectionId: "theirs" } });
      return record(before, change);
    };
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", connectionId: "theirs" });
  });

  test.each(["opening", "accepted"] as const)("does not look at a job that is %s", async (phase) => {
    const { ports, follow } = await jobToFollow([lookOf(done)], jobOf({ phase }));
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 1 });
    expect(ports.upstream.ledger).toEqual([]);
  });

  test("of a job that does not exist is an error", async () => {
    await expect(followJob(fakePorts(), { jobId: JOB_ID })).rejects.toThrow(JobMissing);
  });
});

describe("a job that ends badly", () => {
  test("fails in upstream's words, without its login", async () => {
    const steps = lookOf(PLAIN).steps.map((step, index) =>
      index === 0 ? { ...step, status: "failed" as const, result: wrongLogin } : step,
    );
    const { ports, follow, row } = await jobToFollow([lookOf(verifying), lookOf(PLAIN, { steps })]);
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "failed", steps });
    expect(ports.vault.names()).toEqual([]);
  });

  test("fails when upstream does not know it any more", async () => {
    const problem = { code: "resource-not-found", title: "Not found", detail: "No such job." };
    const { ports, follow, row } = await jobToFollow([new UpstreamRefused(404, problem)]);
    expect(await follow()).toMatchObject({ next: "wait" });
    ports.clock.pass(60_000);
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: problem });
  });

  test("does not fail when upstream needs a moment to know it", async () => {
    const unknown = new UpstreamRefused(404, wrongLogin);
    const { follow, row } = await jobToFollow([unknown, unknown, lookOf(done)]);
    expect(await follow()).toEqual({ next: "done" });
    expect(row().phase).toBe("succeeded");
  });

  test("fails when upstream takes too long", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verifying)]);
    for (let slices = 0; (await follow()).next === "wait"; slices++) {
      expect(slices).toBeLessThan(80);
      ports.clock.pass(5_000);
    }
    expect(row()).toMatchObject({ phase: "failed" });
    expect(row().steps[0]?.result).toEqual(JOB_TIMED_OUT);
    expect(ports.vault.names()).toEqual([]);
  });
});

describe("an upstream that gives no usable reply", () => {
  test("is asked again at the next look", async () => {
    const down = new UpstreamUnavailable();
    const { follow, row } = await jobToFollow([down, lookOf(verifying), down, down, lookOf(done)]);
    expect(await follow()).toEqual({ next: "done" });
    expect(row().phase).toBe("succeeded");
  });

  test("does not keep the job alive for ever", async () => {
    const { ports, follow, row } = await jobToFollow([new UpstreamUnavailable()]);
    expect(await follow()).toMatchObject({ next: "wait" });
    expect(row()).toEqual(followingJob());
    ports.clock.pass(15 * 60_000);
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]?.result).toEqual(JOB_TIMED_OUT);
  });

  test("that breaks in an unknown way is not hidden", async () => {
    const { follow } = await jobToFollow([new TypeError("broken")]);
    await expect(follow()).rejects.toThrow(TypeError);
  });
});
