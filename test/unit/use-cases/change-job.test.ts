import { expect, test } from "vitest";
import { JobChanged } from "../../../functions/jobs/domain/errors.ts";
import { changeJob } from "../../../functions/jobs/use-cases/change-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { followingJob, JOB_ID } from "../../support/job-examples.ts";

const progress = { event: "stepsProgressed", changes: {} } as const;

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

test("reads and decides anew until nobody came between", async () => {
  const ports = withRivals(3);
  const seen: number[] = [];
  const job = await changeJob(ports, JOB_ID, ({ version }) => {
    seen.push(version);
    return progress;
  });
  expect(seen).toEqual([3, 4, 5, 6]);
  expect(job.version).toBe(7);
});

test("gives up after a handful of rounds", async () => {
  await expect(changeJob(withRivals(1000), JOB_ID, () => progress)).rejects.toThrow(JobChanged);
});

test("writes nothing when there is nothing to change", async () => {
  const ports = withRivals(0);
  expect(await changeJob(ports, JOB_ID, () => undefined)).toEqual(followingJob());
  expect(ports.jobs.written).toHaveLength(1);
});

test("does not repeat what failed for another reason", async () => {
  const ports = withRivals(0);
  let writes = 0;
  ports.jobs.record = async () => {
    writes++;
    throw new Error("down");
  };
  await expect(changeJob(ports, JOB_ID, () => progress)).rejects.toThrow("down");
  expect(writes).toBe(1);
});
