import { describe, expect, test } from "vitest";
import { JobChanged } from "../../../functions/jobs/domain/errors.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { failCurrentStep } from "../../../functions/jobs/domain/steps.ts";
import { lookAtJob } from "../../../functions/jobs/use-cases/follow-job.ts";
import { refreshConnection } from "../../../functions/jobs/use-cases/refresh-connection.ts";
import { followingJob, JOB_ID, jobOf, lookOf, PLAIN, stepsOf, USER_ID } from "../../support/job-examples.ts";
import type { Look } from "../../support/scripted-aggregator.ts";
import { jobToFollow } from "../../support/use-case-worlds.ts";

const verified = { ...PLAIN, "verify-credentials": "success" } as const;
const refused = { code: "invalid-credentials", title: "Cannot login", detail: "Account is locked" };
const refusing = lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), refused) });
const claim = `${USER_ID} connection 8fce3b`;
const noted = `${USER_ID} AU00000`;

async function looking(look: Look, job: Job = followingJob()) {
  const { ports, row } = await jobToFollow([look], job);
  return { ports, row, look: () => lookAtJob(ports, row()) };
}

describe("a connection that a look shows for the first time", () => {
  test("is the job's as long as that runs: a refresh of it finds the job", async () => {
    const { ports, row, look } = await looking(lookOf(PLAIN, { connectionId: "8fce3b" }));
    await look();
    expect(ports.claims.held.get(claim)).toBe(JOB_ID);
    expect(row().connectionId).toBe("8fce3b");
    const request = { userId: USER_ID, connectionId: "8fce3b" };
    expect(await refreshConnection(ports, request)).toEqual({ isNew: false, job: row() });
  });

  test("is claimed before the row names it", async () => {
    const { ports, row, look } = await looking(lookOf(PLAIN, { connectionId: "8fce3b" }));
    ports.claims.take = () => Promise.reject(new Error("died"));
    await expect(look()).rejects.toThrow("died");
    expect(row()).toEqual(followingJob());
  });

  test.each([
    ["taken over from a job that is over", "failed" as const, JOB_ID],
    ["left to a job that runs", "following" as const, "holder"],
    ["left to a job that waits", "queued" as const, "holder"],
    ["taken over from a job that is gone", undefined, JOB_ID],
  ])("is %s", async (_, phase, expected) => {
    const { ports, row, look } = await looking(lookOf(PLAIN, { connectionId: "8fce3b" }));
    ports.claims.held.set(claim, "holder");
    if (phase !== undefined) ports.jobs.put(jobOf({ id: "holder", phase, connectionId: "8fce3b" }));
    await look();
    expect(ports.claims.held.get(claim)).toBe(expected);
    expect(row().connectionId).toBe("8fce3b");
  });

  test.each(["refresh", "update"] as const)("is never that of a job of kind %s", async (kind) => {
    const job = followingJob({ kind, connectionId: "8fce3b" });
    const { ports, row, look } = await looking(lookOf(verified, { connectionId: "8fce3b" }), job);
    await look();
    expect(ports.claims.held.size).toBe(0);
    expect(row().steps).toEqual(stepsOf(verified));
  });
});

describe("what the bank says of a login", () => {
  test("is noted when it refuses it, under the job", async () => {
    const { ports, look } = await looking(refusing);
    await look();
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
  });

  test("clears what was noted when it takes it", async () => {
    const { ports, look } = await looking(lookOf(verified));
    await ports.refusedLogins.note(USER_ID, "AU00000", "earlier");
    await look();
    expect(ports.refusedLogins.rows.size).toBe(0);
  });

  test.each([
    ["refuses", refusing, [JOB_ID]],
    ["takes", lookOf(verified), undefined],
  ])("is noted before the row says that it %s it", async (_, seen, jobIds) => {
    const { ports, row, look } = await looking(seen);
    await ports.refusedLogins.clear(USER_ID, "AU00000");
    ports.jobs.record = () => Promise.reject(new Error("died"));
    await expect(look()).rejects.toThrow("died");
    expect(row()).toEqual(followingJob());
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual(jobIds);
  });

  test("counts once, though the run that noted it died before it could write", async () => {
    const { ports, look, row } = await looking(refusing);
    const { record } = ports.jobs;
    ports.jobs.record = () => Promise.reject(new Error("died"));
    await expect(look()).rejects.toThrow("died");
    ports.jobs.record = record;
    await look();
    expect(row().phase).toBe("failed");
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
  });

  test("is noted at the next look when another job's was noted at that moment", async () => {
    const { ports, look, row } = await looking(refusing);
    const { note } = ports.refusedLogins;
    ports.refusedLogins.note = () => Promise.reject(new JobChanged());
    expect(await look()).toEqual(followingJob());
    ports.refusedLogins.note = note;
    await look();
    expect(row().phase).toBe("failed");
  });
});

test.each(["queued", "accepted", "challenged", "failed"] as const)(
  "a job that is %s is not looked at",
  async (phase) => {
    const { ports, look } = await looking(refusing, followingJob({ phase }));
    expect(await look()).toEqual(followingJob({ phase }));
    expect(ports.upstream.ledger).toEqual([]);
  },
);

test("nor is one whose upstream job is not known", async () => {
  const { ports, look } = await looking(refusing, jobOf({ phase: "following" }));
  expect(await look()).toEqual(jobOf({ phase: "following" }));
  expect(ports.upstream.ledger).toEqual([]);
});
