import { describe, expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { type AcceptJob, acceptJob } from "../../../functions/jobs/use-cases/accept-job.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf, USER_ID } from "../../support/job-examples.ts";

const MINUTE = 60_000;
const institution = { id: "AU00000", authorization: "user" } as const;
const create: AcceptJob = { kind: "create", userId: USER_ID, institution, login: gavin };
const update: AcceptJob = { ...create, kind: "update", connectionId: "8fce3b" };
const refresh: AcceptJob = { kind: "refresh", userId: USER_ID, institution, connectionId: "8fce3b" };

async function refusedFor(ports: FakePorts, request: AcceptJob) {
  const error: unknown = await acceptJob(ports, request).catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.problems : error;
}

/** Ports of a bank that has refused so many logins in a row. */
async function afterRefusals(count: number) {
  const ports = fakePorts();
  for (let job = 1; job <= count; job++) await ports.refusedLogins.note(USER_ID, "AU00000", `job-${job}`);
  return ports;
}

describe("after three logins in a row that the bank refused", () => {
  test.each([
    ["a create", create],
    ["an update", update],
  ])("%s is refused for 15 minutes, and leaves nothing", async (_, request) => {
    const ports = await afterRefusals(3);
    ports.clock.pass(4 * MINUTE + 500);
    expect(await refusedFor(ports, request)).toEqual([
      { reason: "too-many-refused-logins", retryAfterSeconds: 11 * 60 },
    ]);
    expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
    expect(ports.executions.started).toEqual([]);
    ports.clock.pass(11 * MINUTE - 500);
    expect((await acceptJob(ports, request)).isNew).toBe(true);
  });

  test("a refresh is taken: nobody has mistyped anything", async () => {
    expect((await acceptJob(await afterRefusals(3), refresh)).isNew).toBe(true);
  });

  test.each([
    ["another user", { ...create, userId: "somebody-else" }],
    ["another bank", { ...create, institution: { id: "AU00004", authorization: "user" } }],
  ] as const)("%s is not meant", async (_, request) => {
    expect((await acceptJob(await afterRefusals(3), { ...request })).isNew).toBe(true);
  });

  test("a request about a job that is there is answered with that", async () => {
    const ports = await afterRefusals(3);
    const holder = ports.jobs.put(jobOf({ phase: "queued" }));
    ports.claims.held.set(`${USER_ID} AU00000`, holder.id);
    expect(await acceptJob(ports, create)).toEqual({ isNew: false, job: holder });
  });

  test("one that was taken clears the count", async () => {
    const ports = await afterRefusals(3);
    await ports.refusedLogins.clear(USER_ID, "AU00000");
    expect((await acceptJob(ports, create)).isNew).toBe(true);
  });
});

describe("a repeat under the id of an earlier request", () => {
  /** What the earlier one has left: a job whose login is kept, and that has no claim. */
  async function afterLeaving(changes: Partial<Job> = {}) {
    const ports = { ...(await afterRefusals(3)), newId: () => JOB_ID };
    const left = ports.jobs.put(jobOf(changes));
    await ports.vault.keep(loginOf(left), packLogin(gavin), ports.clock.after(MINUTE));
    return ports;
  }

  test("that is refused drops what that has left: the sweeper would start it", async () => {
    const ports = await afterLeaving();
    expect(await refusedFor(ports, create)).toMatchObject([{ reason: "too-many-refused-logins" }]);
    expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
    expect(ports.executions.started).toEqual([]);
  });

  test("drops no job that has begun, nor one of another id", async () => {
    const ports = await afterLeaving({ phase: "following", attempt: 1 });
    ports.jobs.put(jobOf({ id: "another" }));
    expect(await refusedFor(ports, create)).toMatchObject([{ reason: "too-many-refused-logins" }]);
    expect([...ports.jobs.rows.keys()]).toEqual([JOB_ID, "another"]);
    expect(ports.vault.names()).toHaveLength(1);
  });
});

test("after two of them a third one may be tried", async () => {
  expect((await acceptJob(await afterRefusals(2), create)).isNew).toBe(true);
});
