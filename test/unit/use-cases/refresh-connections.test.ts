import { describe, expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { refreshConnections } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { jobOf, USER_ID } from "../../support/job-examples.ts";

function withConnections(count: number) {
  const ports = fakePorts();
  for (let number = 1; number <= count; number++) {
    ports.upstream.addConnection({ id: `c${number}`, institutionId: number % 2 ? "AU00000" : "AU00002" });
  }
  const refreshAll = () => refreshConnections(ports, { userId: USER_ID, idFor: (id) => `job-of-${id}` });
  return { ports, refreshAll };
}

describe("a refresh of all connections", () => {
  test("gives every one that upstream knows a job, in upstream's order", async () => {
    const { ports, refreshAll } = withConnections(12);
    const all = await refreshAll();
    const ids = (await ports.upstream.connectionsOf(USER_ID)).map(({ id }) => id);
    expect(all.map(({ connectionId }) => connectionId)).toEqual(ids);
    expect(all.map(({ id }) => id)).toEqual(ids.map((id) => `job-of-${id}`));
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(["refresh"]));
    expect(all.map(({ authorization }) => authorization).slice(0, 2)).toEqual(["user", "user-mfa"]);
    expect(ports.executions.started).toHaveLength(12);
  });

  test("leaves those that have a job to it", async () => {
    const { ports, refreshAll } = withConnections(3);
    const running = ports.jobs.put(jobOf({ phase: "following", kind: "update", connectionId: "c2" }));
    ports.claims.held.set(`${USER_ID} connection c2`, running.id);
    const all = await refreshAll();
    expect(all.map(({ id }) => id)).toEqual(["job-of-c1", running.id, "job-of-c3"]);
    expect(await refreshAll()).toEqual(all);
    expect(ports.jobs.rows.size).toBe(3);
  });

  test("gives one at a bank that upstream does not list any more a job too", async () => {
    const { ports, refreshAll } = withConnections(2);
    ports.upstream.institutions.delete("AU00002");
    const all = await refreshAll();
    expect(all.map(({ institutionId, authorization }) => [institutionId, authorization])).toEqual([
      ["AU00000", "user"],
      ["AU00002", "user"],
    ]);
    expect(ports.executions.started).toHaveLength(2);
  });

  test("of a user without one makes no job", async () => {
    expect(await withConnections(0).refreshAll()).toEqual([]);
  });
});

describe("a connection that is still being made", () => {
  function beingMade() {
    const { ports, refreshAll } = withConnections(1);
    ports.upstream.addConnection({ id: "new", institutionId: "AU00000", isBeingMade: true });
    const claimedBy = (phase: "following" | "failed") => {
      const maker = ports.jobs.put(jobOf({ phase, connectionId: "new" }));
      ports.claims.held.set(`${USER_ID} connection new`, maker.id);
      return maker;
    };
    return { ports, refreshAll, claimedBy };
  }

  test("has the job that makes it, once we know that", async () => {
    const { refreshAll, claimedBy } = beingMade();
    const maker = claimedBy("following");
    expect((await refreshAll()).map(({ id }) => id)).toEqual(["job-of-c1", maker.id]);
  });

  test("has none before, nor after that has failed: there is nothing to be read anew", async () => {
    const { ports, refreshAll, claimedBy } = beingMade();
    expect((await refreshAll()).map(({ id }) => id)).toEqual(["job-of-c1"]);
    claimedBy("failed");
    expect((await refreshAll()).map(({ id }) => id)).toEqual(["job-of-c1"]);
    expect(ports.executions.started).toEqual(["job-of-c1"]);
  });
});

test("no more than five jobs are begun at once, and none after one has failed", async () => {
  const { ports, refreshAll } = withConnections(20);
  let [running, most, begun] = [0, 0, 0];
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
  expect(most).toBe(5);
  expect(begun).toBe(10);
  expect(running).toBe(0);
  expect(ports.jobs.rows.size).toBe(9);
});
