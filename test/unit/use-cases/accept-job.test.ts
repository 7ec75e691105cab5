import { describe, expect, test } from "vitest";
import { unpackLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { type AcceptJob, acceptJob } from "../../../functions/jobs/use-cases/accept-job.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, jobOf, stepsOf, USER_ID, WITH_MFA } from "../../support/job-examples.ts";

const institution = { id: "AU00000", authorization: "user" } as const;
const refresh: AcceptJob = { kind: "refresh", userId: USER_ID, institution, connectionId: "8fce3b" };
const update: AcceptJob = { ...refresh, kind: "update", login: gavin };
const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
const claim = `${USER_ID} connection 8fce3b`;

describe("a refresh", () => {
  test("is a job about its connection, without a login", async () => {
    const ports = fakePorts();
    const { isNew, job } = await acceptJob(ports, refresh);
    expect(isNew).toBe(true);
    expect(job).toEqual(
      jobOf({
        id: job.id,
        kind: "refresh",
        connectionId: "8fce3b",
        sweepAt: "2026-01-05T09:01:00.000Z",
      }),
    );
    expect(ports.jobs.row(job.id)).toEqual(job);
    expect([...ports.claims.held]).toEqual([[claim, job.id]]);
    expect(ports.executions.started).toEqual([job.id]);
    expect(ports.vault.names()).toEqual([]);
  });

  test("at an MFA institution shows the challenge from the start", async () => {
    const asking = { id: "AU00002", authorization: "user-mfa" } as const;
    const { job } = await acceptJob(fakePorts(), { ...refresh, institution: asking });
    expect(job.steps).toEqual(stepsOf(WITH_MFA));
  });

  test("that loses its claim leaves nothing, and has no login to destroy", async () => {
    const ports = fakePorts();
    const { take } = ports.claims;
    ports.claims.take = async (on, jobId, from) => {
      const rival = ports.jobs.put(jobOf({ id: "rival", phase: "following" }));
      ports.claims.held.set(claim, rival.id);
      return take(on, jobId, from);
    };
    ports.vault.destroy = async () => {
      throw new Error("a refresh has none");
    };
    const { isNew, job } = await acceptJob(ports, refresh);
    expect({ isNew, id: job.id }).toEqual({ isNew: false, id: "rival" });
    expect([...ports.jobs.rows.keys()]).toEqual(["rival"]);
  });
});

describe("an update", () => {
  test("is a job about its connection, with the login that it brings", async () => {
    const ports = fakePorts();
    const { job } = await acceptJob(ports, update);
    expect(job).toMatchObject({ kind: "update", connectionId: "8fce3b", phase: "accepted" });
    expect([...ports.claims.held]).toEqual([[claim, job.id]]);
    const kept = await ports.vault.reveal(loginOf(job));
    expect(kept && unpackLogin(kept).password?.reveal()).toBe("hooli2016");
  });
});

describe("of one connection there is one job at a time", () => {
  test.each([
    ["a refresh", refresh, refresh],
    ["an update", refresh, update],
    ["a refresh", update, refresh],
  ])("so that %s joins the one that is there", async (_, first, second) => {
    const ports = fakePorts();
    const { job } = await acceptJob(ports, first);
    const before = ports.vault.names();
    expect(await acceptJob(ports, second)).toEqual({ isNew: false, job });
    expect(ports.jobs.rows.size).toBe(1);
    expect(ports.vault.names()).toEqual(before);
  });

  test.each([
    ["one of another connection", { ...refresh, connectionId: "another" }],
    ["another user's, by the same name", { ...refresh, userId: "somebody-else" }],
    ["a new connection to the same institution", create],
  ])("but %s is beside it", async (_, other) => {
    const ports = fakePorts();
    await acceptJob(ports, refresh);
    expect((await acceptJob(ports, other)).isNew).toBe(true);
  });

  test("and the next one never takes its upstream job for its own", async () => {
    const ports = fakePorts();
    const made = jobOf({ phase: "succeeded", upstreamJobId: "u2", knownUpstreamJobIds: ["u1"] });
    ports.jobs.put(made);
    ports.claims.held.set(claim, made.id);
    const { isNew, job } = await acceptJob(ports, refresh);
    expect(isNew).toBe(true);
    expect(job.knownUpstreamJobIds).toEqual(["u1", "u2"]);
  });
});

test("a request that is made again with the id of one that died ends what that one began", async () => {
  const ports: FakePorts = fakePorts();
  ports.newId = () => "00000000-0000-4000-8000-00000000000a";
  const { take } = ports.claims;
  ports.claims.take = () => new Promise(() => undefined);
  void acceptJob(ports, create);
  while (ports.jobs.rows.size === 0) await Promise.resolve();
  ports.claims.take = take;
  const { isNew, job } = await acceptJob(ports, create);
  expect(isNew).toBe(true);
  expect(await acceptJob(ports, create)).toEqual({ isNew: true, job });
  await ports.jobs.record(job, { event: "failed", changes: {} });
  expect((await acceptJob(ports, create)).job).toMatchObject({ id: job.id, phase: "failed" });
  expect([ports.jobs.rows.size, ports.vault.names().length]).toEqual([1, 1]);
  expect(ports.executions.started).toEqual([job.id]);
});
