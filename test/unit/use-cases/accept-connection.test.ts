import { describe, expect, test } from "vitest";
import { unpackLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { START } from "../../support/fake-clock.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf, stepsOf, USER_ID, WITH_MFA } from "../../support/job-examples.ts";

const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
const claim = `${USER_ID} AU00000`;
const accept = (ports: FakePorts, more: Partial<typeof request> = {}) =>
  acceptConnection(ports, { ...request, ...more });

describe("a new job", () => {
  test("is whole: its row, its login, its claim, its workflow", async () => {
    const ports = fakePorts();
    const { isNew, job } = await accept(ports);
    expect(isNew).toBe(true);
    expect(job).toEqual(jobOf({ id: job.id, sweepAt: "2026-01-05T09:01:00.000Z" }));
    expect(ports.jobs.row(job.id)).toEqual(job);
    expect(ports.claims.held.get(claim)).toBe(job.id);
    expect(ports.executions.started).toEqual([job.id]);
    const kept = await ports.vault.reveal(loginOf(job));
    expect(kept && unpackLogin(kept).password?.reveal()).toBe("hooli2016");
  });

  test("keeps its login a day longer than the queue can last", async () => {
    const ports = fakePorts();
    const { job } = await accept(ports);
    ports.clock.pass(8 * 24 * 3600_000 - 1);
    expect(await ports.vault.holds(loginOf(job))).toBe(true);
    ports.clock.pass(1);
    expect(await ports.vault.holds(loginOf(job))).toBe(false);
  });

  test("at an MFA institution shows the challenge from the start", async () => {
    const { job } = await accept(fakePorts(), { institutionId: "AU00002" });
    expect(job).toMatchObject({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) });
  });

  test("sends nothing upstream by itself", async () => {
    const ports = fakePorts();
    await accept(ports);
    expect(ports.upstream.ledger).toEqual([]);
  });

  test.each([
    ["another user", { userId: "somebody-else" }],
    ["another institution", { institutionId: "AU00002" }],
  ])("is made beside one of %s", async (_, more) => {
    const ports = fakePorts();
    const first = await accept(ports);
    const second = await accept(ports, more);
    expect(second.isNew).toBe(true);
    expect(second.job.id).not.toBe(first.job.id);
  });
});

describe("a second request", () => {
  test("gives the job that is there, and keeps nothing of its own", async () => {
    const ports = fakePorts();
    const { job } = await accept(ports);
    const opening = await ports.jobs.record(job, { event: "attemptStarted", changes: { attempt: 1 } });
    expect(await accept(ports)).toEqual({ isNew: false, job: opening });
    expect(ports.jobs.rows.size).toBe(1);
    expect(ports.vault.names()).toHaveLength(1);
    expect(ports.executions.started).toEqual([job.id]);
  });

  test.each(["opening", "following", "challenged", "awaiting-answer", "answered", "queued"] as const)(
    "joins a job that is %s without starting it",
    async (phase) => {
      const ports = fakePorts();
      const holder = ports.jobs.put(jobOf({ phase }));
      ports.claims.held.set(claim, holder.id);
      expect(await accept(ports)).toEqual({ isNew: false, job: holder });
      expect(ports.executions.started).toEqual([]);
    },
  );

  test("starts a job again that was accepted and may not have been started", async () => {
    const ports = fakePorts();
    const { job } = await accept(ports);
    ports.executions.states.clear();
    expect(await accept(ports)).toEqual({ isNew: false, job });
    expect(ports.executions.started).toEqual([job.id, job.id]);
  });

  test("starts no job that is accepted again: its execution before is to be stopped first", async () => {
    const ports = fakePorts();
    const holder = ports.jobs.put(jobOf({ generation: 2, attempt: 1 }));
    ports.claims.held.set(claim, holder.id);
    expect(await accept(ports)).toEqual({ isNew: false, job: holder });
    expect(ports.executions.started).toEqual([]);
  });

  test.each(["succeeded", "failed"] as const)("after a job that %s makes a new one", async (phase) => {
    const ports = fakePorts();
    const holder = jobOf({ phase, upstreamJobId: "u9", knownUpstreamJobIds: ["u7", "u8"] });
    ports.jobs.put(holder);
    ports.claims.held.set(claim, holder.id);
    const { isNew, job } = await accept(ports);
    expect(isNew).toBe(true);
    expect(ports.claims.held.get(claim)).toBe(job.id);
    expect(job.knownUpstreamJobIds).toEqual(["u7", "u8", "u9"]);
    expect(ports.jobs.row(holder.id)).toEqual(holder);
  });

  test("after a predecessor that never got upstream knows what that one knew", async () => {
    const ports = fakePorts();
    ports.jobs.put(jobOf({ phase: "failed", knownUpstreamJobIds: ["u7"] }));
    ports.claims.held.set(claim, jobOf().id);
    expect((await accept(ports)).job.knownUpstreamJobIds).toEqual(["u7"]);
  });

  test("remembers the last of many upstream jobs only", async () => {
    const ports = fakePorts();
    const many = Array.from({ length: 30 }, (_, index) => `u${index}`);
    ports.jobs.put(jobOf({ phase: "failed", upstreamJobId: "last", knownUpstreamJobIds: many }));
    ports.claims.held.set(claim, jobOf().id);
    const { knownUpstreamJobIds } = (await accept(ports)).job;
    expect(knownUpstreamJobIds.length).toBeLessThan(many.length);
    expect(knownUpstreamJobIds.at(-1)).toBe("last");
  });

  test("takes over a claim whose job is missing", async () => {
    const ports = fakePorts();
    ports.claims.held.set(claim, "gone");
    const { isNew, job } = await accept(ports);
    expect(isNew).toBe(true);
    expect(ports.claims.held.get(claim)).toBe(job.id);
    expect(job.createdAt).toBe(START);
  });
});
