import { describe, expect, test } from "vitest";
import { JobChanged, JobMissing } from "../../functions/jobs/domain/errors.ts";
import { INTERNAL_ERROR, SERVICE_UNAVAILABLE } from "../../functions/jobs/domain/failures.ts";
import { isFinished, PHASES } from "../../functions/jobs/domain/job.ts";
import { changeJob } from "../../functions/jobs/use-cases/change-job.ts";
import { giveUp } from "../../functions/jobs/use-cases/end-job.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { awaitingJob, followingJob, JOB_ID, jobOf } from "../support/job-examples.ts";
import { withSecrets } from "../support/use-case-worlds.ts";

describe("giving up a job", () => {
  test.each([
    ["UpstreamUnavailable", SERVICE_UNAVAILABLE],
    ["TaskFailed", INTERNAL_ERROR],
  ])("after %s fails the current step with an error of its own", async (failure, result) => {
    const { ports, row } = await withSecrets(jobOf({ phase: "queued", attempt: 85 }));
    await giveUp(ports, { jobId: JOB_ID, failure });
    expect(row().phase).toBe("failed");
    expect(row().steps.map(({ status }) => status)).toEqual(["failed", "pending", "pending"]);
    expect(row().steps[0]?.result).toEqual(result);
  });

  test("that a later execution drives changes nothing", async () => {
    const job = followingJob({ generation: 3 });
    const { ports, row } = await withSecrets(job);
    await giveUp(ports, { jobId: JOB_ID, failure: "TaskFailed", generation: 2 });
    expect(row()).toEqual(job);
  });

  test.each(PHASES)("that is %s leaves a finished job without secrets", async (phase) => {
    const job = awaitingJob({ phase });
    const { ports, row } = await withSecrets(job);
    await giveUp(ports, { jobId: JOB_ID, failure: "TaskFailed" });
    if (isFinished({ phase })) expect(row()).toEqual(job);
    expect(row().phase).toBe(phase === "succeeded" ? "succeeded" : "failed");
    expect(ports.vault.names()).toEqual([]);
  });

  test("that is missing does nothing", async () => {
    const ports = fakePorts();
    await giveUp(ports, { jobId: JOB_ID, failure: "JobMissing" });
    expect(ports.jobs.rows.size).toBe(0);
  });
});

describe("changing a job", () => {
  const progress = { event: "stepsProgressed", changes: {} } as const;

  /** Ports on which another writer is faster so many times. */
  function withRivals(count: number) {
    const ports = fakePorts();
    ports.jobs.put(followingJob());
    const { record } = ports.jobs;
    let left = count;
    ports.jobs.record = async (before, change) => {
      if (left-- > 0) await record(before, progress);
      return record(before, change);
    };
    return ports;
  }

  test("reads and decides again until no other writer comes in between", async () => {
    const seen: number[] = [];
    const job = await changeJob(withRivals(7), JOB_ID, ({ version }) => {
      seen.push(version);
      return progress;
    });
    expect(seen).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(job.version).toBe(11);
  });

  test("fails after 8 rounds", async () => {
    await expect(changeJob(withRivals(8), JOB_ID, () => progress)).rejects.toThrow(JobChanged);
  });

  test("fails when the job is missing", async () => {
    await expect(changeJob(fakePorts(), JOB_ID, () => progress)).rejects.toThrow(JobMissing);
  });

  test("writes nothing when there is nothing to change", async () => {
    const ports = withRivals(0);
    expect(await changeJob(ports, JOB_ID, () => undefined)).toEqual(followingJob());
    expect(ports.jobs.written).toHaveLength(1);
  });

  test("does not repeat a write that failed for another reason", async () => {
    const ports = withRivals(0);
    let writes = 0;
    ports.jobs.record = async () => {
      writes++;
      throw new Error("down");
    };
    await expect(changeJob(ports, JOB_ID, () => progress)).rejects.toThrow("down");
    expect(writes).toBe(1);
  });
});
