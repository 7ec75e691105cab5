import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../../functions/jobs/domain/errors.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf, USER_ID } from "../../support/job-examples.ts";

const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
const claim = `${USER_ID} AU00000`;

/** Ports in which a rival takes the claim just before we do, as often as it is told to. */
function withRivals(phases: readonly ("following" | "failed")[]) {
  const ports = fakePorts();
  const left = [...phases];
  const { take } = ports.claims;
  const rivals: string[] = [];
  ports.claims.take = async (on, jobId, from) => {
    const phase = left.shift();
    if (phase !== undefined) {
      const rival = ports.jobs.put(jobOf({ id: `rival-${left.length}`, phase }));
      rivals.push(rival.id);
      ports.claims.held.set(claim, rival.id);
    }
    return take(on, jobId, from);
  };
  return { ports, rivals };
}

describe("a request that loses its claim", () => {
  test("gives the winner's job and drops its own, login and all", async () => {
    const { ports, rivals } = withRivals(["following"]);
    const { isNew, job } = await acceptConnection(ports, request);
    expect({ isNew, id: job.id }).toEqual({ isNew: false, id: rivals[0] });
    expect([...ports.jobs.rows.keys()]).toEqual(rivals);
    expect(ports.vault.names()).toEqual([]);
    expect(ports.executions.started).toEqual([]);
  });

  test("tries again when the winner's job ended meanwhile", async () => {
    const { ports } = withRivals(["failed", "failed"]);
    const { isNew, job } = await acceptConnection(ports, request);
    expect(isNew).toBe(true);
    expect(ports.claims.held.get(claim)).toBe(job.id);
    expect(ports.vault.names()).toHaveLength(1);
    expect(ports.executions.started).toEqual([job.id]);
  });

  test("gives up after a handful of rounds, and leaves nothing", async () => {
    const { ports, rivals } = withRivals(Array.from({ length: 50 }, () => "failed"));
    await expect(acceptConnection(ports, request)).rejects.toThrow(DependencyDown);
    expect([...ports.jobs.rows.keys()]).toEqual(rivals);
    expect(ports.vault.names()).toEqual([]);
    expect(ports.executions.started).toEqual([]);
  });

  test("is one of many: all get one job", async () => {
    const ports = fakePorts();
    const all = await Promise.all(Array.from({ length: 12 }, () => acceptConnection(ports, request)));
    expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(ports.jobs.rows.size).toBe(1);
    expect(ports.vault.names()).toHaveLength(1);
  });
});

describe("a workflow that does not start", () => {
  test("leaves a whole job, which the same request finds and starts", async () => {
    const ports = fakePorts();
    ports.executions.failures.push(new Error("throttled"));
    await expect(acceptConnection(ports, request)).rejects.toThrow("throttled");
    const [kept] = ports.jobs.rows.values();
    expect(kept).toMatchObject({ phase: "accepted" });
    expect(ports.claims.held.get(claim)).toBe(kept?.id);
    expect(kept && (await ports.vault.holds(loginOf(kept)))).toBe(true);

    expect(await acceptConnection(ports, request)).toEqual({ isNew: false, job: kept });
    expect(ports.executions.started).toEqual([kept?.id]);
    expect(ports.jobs.rows.size).toBe(1);
  });
});

describe("a write that fails", () => {
  const fail = async () => {
    throw new Error("down");
  };

  test.each(["vault.keep", "jobs.add"] as const)("in %s leaves nothing behind", async (name) => {
    const ports = fakePorts();
    if (name === "vault.keep") ports.vault.keep = fail;
    if (name === "jobs.add") ports.jobs.add = fail;
    await expect(acceptConnection(ports, request)).rejects.toThrow("down");
    expect([ports.claims.held.size, ports.jobs.rows.size, ports.vault.names().length]).toEqual([0, 0, 0]);
    expect(ports.executions.started).toEqual([]);
  });

  test("of the claim leaves the job to the sweeper, since a request that was repeated may have found it", async () => {
    const ports = fakePorts();
    ports.claims.take = fail;
    await expect(acceptConnection(ports, request)).rejects.toThrow("down");
    expect([...ports.jobs.rows.values()]).toMatchObject([
      { phase: "accepted", sweepAt: ports.clock.after(60_000).toISOString() },
    ]);
    expect([ports.claims.held.size, ports.vault.names().length]).toEqual([0, 1]);
    expect(ports.executions.started).toEqual([]);
  });

  test("of the claim leaves a job alone that somebody has found and started", async () => {
    const ports = fakePorts();
    ports.claims.take = async (_on, jobId) => {
      const changes = { attempt: 1 };
      await ports.jobs.record(ports.jobs.row(jobId), { event: "attemptStarted", changes });
      throw new Error("down");
    };
    await expect(acceptConnection(ports, request)).rejects.toThrow("down");
    expect([...ports.jobs.rows.values()]).toMatchObject([{ phase: "opening" }]);
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("of the job is the error that is seen, whatever goes wrong after it", async () => {
    const ports = fakePorts();
    ports.jobs.add = fail;
    ports.vault.destroy = async () => {
      throw new Error("still down");
    };
    await expect(acceptConnection(ports, request)).rejects.toThrow(/^down$/);
  });

  test("of a claim that was made all the same leaves a whole job, which the same request finds", async () => {
    const ports = fakePorts();
    const { take } = ports.claims;
    ports.claims.take = async (...args) => {
      await take(...args);
      throw new Error("the reply was lost");
    };
    await expect(acceptConnection(ports, request)).rejects.toThrow("lost");
    ports.claims.take = take;
    const { isNew, job } = await acceptConnection(ports, request);
    expect(isNew).toBe(false);
    expect(await ports.vault.holds(loginOf(job))).toBe(true);
    expect(ports.executions.started).toEqual([job.id]);
  });
});
