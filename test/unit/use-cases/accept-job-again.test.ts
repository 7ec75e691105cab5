import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../../functions/jobs/domain/errors.ts";
import { type AcceptJob, acceptJob } from "../../../functions/jobs/use-cases/accept-job.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, USER_ID } from "../../support/job-examples.ts";

const institution = { id: "AU00000", authorization: "user" } as const;
const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
const claim = `${USER_ID} AU00000`;
const login = `${JOB_ID}/${USER_ID}/login`;

/** All with one id, as requests with one key have it. */
function portsOfOneId(): FakePorts {
  return { ...fakePorts(), newId: () => JOB_ID };
}

/** Ports on which a request has died between writing its job and claiming for it. */
async function diedUnclaimed() {
  const ports = portsOfOneId();
  const dying = { ...ports, claims: { ...ports.claims, take: () => new Promise<never>(() => undefined) } };
  void acceptJob(dying, create);
  while (ports.jobs.rows.size === 0) await Promise.resolve();
  return ports;
}

describe("a job that an earlier request left without its claim", () => {
  test("is made whole, and no second one beside it", async () => {
    const ports = await diedUnclaimed();
    expect(await acceptJob(ports, create)).toMatchObject({ isNew: true, job: { id: JOB_ID } });
    expect([...ports.jobs.rows.keys()]).toEqual([JOB_ID]);
    expect(ports.claims.held.get(claim)).toBe(JOB_ID);
    expect(ports.executions.started).toEqual([JOB_ID]);
    expect(ports.vault.names()).toEqual([login]);
  });

  test("knows the upstream jobs there are by now, and is looked at later", async () => {
    const ports = await diedUnclaimed();
    ports.clock.pass(40_000);
    ports.jobs.put(jobOf({ id: "between", phase: "failed", upstreamJobId: "u1" }));
    ports.claims.held.set(claim, "between");
    const { job } = await acceptJob(ports, create);
    expect(job).toMatchObject({
      knownUpstreamJobIds: ["u1"],
      sweepAt: ports.clock.after(60_000).toISOString(),
      version: 2,
    });
    expect(ports.jobs.row(JOB_ID)).toEqual(job);
  });

  test("goes when another request's job is under way by now", async () => {
    const ports = await diedUnclaimed();
    const { take } = ports.claims;
    ports.claims.take = async (on, jobId, from) => {
      ports.jobs.put(jobOf({ id: "rival", phase: "following" }));
      ports.claims.held.set(claim, "rival");
      return take(on, jobId, from);
    };
    expect(await acceptJob(ports, create)).toMatchObject({ isNew: false, job: { id: "rival" } });
    expect([...ports.jobs.rows.keys()]).toEqual(["rival"]);
    expect(ports.vault.names()).toEqual([]);
  });
});

test("a request that lost its claim drops nothing that the next one with its id has taken over", async () => {
  const ports = portsOfOneId();
  const late = { ...ports, jobs: { ...ports.jobs }, claims: { ...ports.claims } };
  late.claims.take = async () => {
    ports.jobs.put(jobOf({ id: "rival", phase: "failed" }));
    ports.claims.held.set(claim, "rival");
    await acceptJob(ports, create);
    return false;
  };
  expect(await acceptJob(late, create)).toMatchObject({ isNew: true, job: { id: JOB_ID } });
  expect(ports.claims.held.get(claim)).toBe(JOB_ID);
  expect(ports.jobs.row(JOB_ID)).toMatchObject({ phase: "accepted", version: 2 });
  expect(ports.vault.names()).toEqual([login]);
});

test("a job that is being dropped is taken over by nobody", async () => {
  const ports = await diedUnclaimed();
  const row = ports.jobs.put({ ...ports.jobs.row(JOB_ID), isDropped: true });
  await expect(acceptJob(ports, create)).rejects.toThrow(DependencyDown);
  expect(ports.jobs.row(JOB_ID)).toEqual(row);
  expect([ports.claims.held.size, ports.executions.started.length]).toEqual([0, 0]);
});

describe("a job of the same id that has gone on meanwhile", () => {
  /** Just before this request writes its job, another one has made it, and that much has become of it. */
  async function acceptedAfter(phase: "following" | "failed") {
    const ports = portsOfOneId();
    const { add } = ports.jobs;
    ports.jobs.add = async (job) => {
      ports.jobs.add = add;
      ports.jobs.put(jobOf({ id: JOB_ID, phase, version: 3, attempt: 1 }));
      return add(job);
    };
    return { ports, accepted: await acceptJob(ports, create) };
  }

  test("is given as it is, as the new one that it is", async () => {
    const { ports, accepted } = await acceptedAfter("following");
    expect(accepted).toMatchObject({ isNew: true, job: { phase: "following", version: 3 } });
    expect(ports.jobs.row(JOB_ID)).toEqual(accepted.job);
    expect(ports.executions.started).toEqual([]);
  });

  test("and is over has no login kept for it", async () => {
    const { ports, accepted } = await acceptedAfter("failed");
    expect(accepted).toMatchObject({ isNew: true, job: { phase: "failed" } });
    expect(ports.vault.names()).toEqual([]);
  });
});
