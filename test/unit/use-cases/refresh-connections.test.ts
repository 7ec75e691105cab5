import { expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/domain/errors.ts";
import { refreshConnections } from "../../../functions/use-cases/refresh-connections.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { jobOf, USER_ID } from "../../support/job-examples.ts";

function withConnections(count: number) {
  const ports = fakePorts();
  for (let number = 1; number <= count; number++) {
    ports.upstream.connections.push({ id: `c${number}`, institutionId: number % 2 ? "AU00000" : "AU00002" });
  }
  return { ports, refreshAll: () => refreshConnections(ports, { userId: USER_ID }) };
}

test("every connection that upstream knows gets a job, in upstream's order", async () => {
  const { ports, refreshAll } = withConnections(12);
  const all = await refreshAll();
  expect(all.map(({ job }) => job.connectionId)).toEqual(ports.upstream.connections.map(({ id }) => id));
  expect(all.every(({ isNew, job }) => isNew && job.kind === "refresh")).toBe(true);
  expect(all.map(({ job }) => job.authorization).slice(0, 2)).toEqual(["user", "user-mfa"]);
  expect(ports.workflow.started).toHaveLength(12);
});

test("those that have a job keep it", async () => {
  const { ports, refreshAll } = withConnections(3);
  const running = ports.jobs.put(jobOf({ phase: "following", kind: "update", connectionId: "c2" }));
  ports.claims.held.set(`${USER_ID} connection c2`, running.id);
  const all = await refreshAll();
  expect(all.map(({ isNew }) => isNew)).toEqual([true, false, true]);
  expect(all[1]?.job).toEqual(running);
  expect((await refreshAll()).map(({ job }) => job.id)).toEqual(all.map(({ job }) => job.id));
});

test("a user without a connection gets no job", async () => {
  expect(await withConnections(0).refreshAll()).toEqual([]);
});

test("no more than five are begun at once, and none after one has failed", async () => {
  const { ports, refreshAll } = withConnections(20);
  let [begun, most] = [0, 0];
  let running = 0;
  const { add } = ports.jobs;
  ports.jobs.add = async (job) => {
    most = Math.max(most, ++running);
    begun++;
    await Promise.resolve();
    running--;
    if (job.connectionId === "c7") throw new UpstreamUnavailable();
    return add(job);
  };
  await expect(refreshAll()).rejects.toThrow(UpstreamUnavailable);
  expect(most).toBeLessThanOrEqual(5);
  expect(begun).toBe(10);
});
