import { describe, expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { START } from "../../support/fake-clock.ts";
import { followingJob, JOB_ID, jobOf, USER_ID } from "../../support/job-examples.ts";
import { dueJob, nameOf } from "../../support/use-case-worlds.ts";

const earlier = "2026-01-05T08:00:00.000Z";
const endedBefore = jobOf({ id: "old", phase: "failed", createdAt: earlier, updatedAt: earlier });
const later = "2026-01-05T09:00:05.000Z";

/** A job of which no execution was ever started, and the job that holds its claim, if any. */
async function unstarted(job: Job, holder?: Job | "itself" | "gone") {
  const due = await dueJob(job);
  const { kind, userId, institutionId, connectionId } = job;
  const claim = `${userId} ${kind === undefined ? institutionId : `connection ${connectionId}`}`;
  if (holder === "itself") due.ports.claims.held.set(claim, job.id);
  if (holder === "gone") due.ports.claims.held.set(claim, holder);
  if (typeof holder === "object") due.ports.claims.held.set(claim, due.ports.jobs.put(holder).id);
  return { ...due, holderId: () => due.ports.claims.held.get(claim) };
}

describe("a job that was accepted and not started", () => {
  test.each([
    ["holds its claim", "itself" as const],
    ["finds its claim free", undefined],
    ["finds a claim whose job is gone", "gone" as const],
    ["can take its claim from a job that was over before", endedBefore],
  ])("is started when it %s", async (_, holder) => {
    const { ports, sweep, row, holderId } = await unstarted(jobOf(), holder);
    expect(await sweep()).toBe("started");
    expect(holderId()).toBe(JOB_ID);
    expect([...ports.executions.states]).toEqual([[nameOf(1), "running"]]);
    expect(row()).toEqual(jobOf({ sweepAt: "2026-01-05T09:05:00.000Z" }));
  });

  test.each([
    ["another one runs", jobOf({ id: "rival", phase: "following", createdAt: later })],
    ["another one runs since before", jobOf({ id: "rival", phase: "queued", createdAt: earlier })],
    ["its request was repeated, and is done", jobOf({ id: "rival", phase: "succeeded", createdAt: later })],
  ])("goes, login and all, when %s in its place", async (_, rival) => {
    const { ports, sweep, holderId } = await unstarted(jobOf(), rival);
    expect(await sweep()).toBe("dropped");
    expect([...ports.jobs.rows.keys()]).toEqual(["rival"]);
    expect(ports.vault.names()).toEqual([]);
    expect(holderId()).toBe("rival");
    expect(ports.executions.started).toEqual([]);
  });

  test("is let alone when a job ended meanwhile, for as long as its request may be at work; then it goes", async () => {
    const endedSince = { ...endedBefore, updatedAt: START };
    const { ports, sweep } = await unstarted(jobOf(), endedSince);
    ports.clock.pass(29_999);
    expect(await sweep()).toBe("nothing");
    expect(ports.jobs.rows.size).toBe(2);
    ports.clock.pass(1);
    expect(await sweep()).toBe("dropped");
    expect([...ports.jobs.rows.keys()]).toEqual(["old"]);
    expect([ports.vault.names(), ports.executions.started]).toEqual([[], []]);
  });

  test("goes without a login that it never had", async () => {
    const rival = jobOf({ id: "rival", phase: "following" });
    const { ports, sweep } = await unstarted(jobOf({ kind: "refresh", connectionId: "8fce3b" }), rival);
    ports.vault.destroy = () => Promise.reject(new Error("a refresh has none"));
    expect(await sweep()).toBe("dropped");
  });

  test("leaves no login behind when the sweeper dies on its way", async () => {
    const { ports, sweep } = await unstarted(jobOf(), jobOf({ id: "rival", phase: "following" }));
    const { drop } = ports.jobs;
    ports.jobs.drop = () => Promise.reject(new Error("died"));
    await expect(sweep()).rejects.toThrow("died");
    ports.jobs.drop = drop;
    ports.clock.pass(60_000);
    expect(await sweep()).toBe("dropped");
    expect(ports.vault.names()).toEqual([]);
  });

  test("stays when somebody has taken it further at that moment", async () => {
    const { ports, sweep } = await unstarted(jobOf(), jobOf({ id: "rival", phase: "following" }));
    const { drop } = ports.jobs;
    ports.jobs.drop = async (job) => {
      await ports.jobs.record(job, { event: "attemptStarted", changes: {} });
      return drop(job);
    };
    expect(await sweep()).toBe("nothing");
    expect(ports.jobs.rows.has(JOB_ID)).toBe(true);
  });

  test("is started by its connection's claim when it is an update", async () => {
    const update = jobOf({ kind: "update", connectionId: "8fce3b" });
    const { ports, sweep } = await unstarted(update, "itself");
    ports.claims.held.set(`${USER_ID} AU00000`, "somebody-else");
    expect(await sweep()).toBe("started");
  });
});

describe("a job that was to get another execution, and did not", () => {
  test("gets it after the one before is stopped, whoever holds its claim", async () => {
    const job = followingJob({ generation: 3 });
    const { ports, sweep } = await unstarted(job, jobOf({ id: "rival", phase: "following" }));
    ports.executions.states.set(nameOf(2), "running");
    expect(await sweep()).toBe("started");
    expect([...ports.executions.states]).toEqual([
      [nameOf(2), "ended"],
      [nameOf(3), "running"],
    ]);
  });
});
