import { expect, test } from "vitest";
import { packLogin } from "../../functions/jobs/domain/login.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { cancelJobOfConnection } from "../../functions/jobs/use-cases/cancel-job.ts";
import { eraseRows, sweepErasures } from "../../functions/jobs/use-cases/erase-user.ts";
import { readJob } from "../../functions/jobs/use-cases/read-job.ts";
import { fakePorts } from "../support/fake-ports.ts";
import { followingJob, gavin, JOB_ID, jobOf, USER_ID } from "../support/job-examples.ts";
import { failOnce } from "../support/use-case-worlds.ts";

const MINUTE_MS = 60_000;

/** A user with a running job, its login, its execution and its claim. */
async function running() {
  const ports = fakePorts();
  const job = ports.jobs.put(followingJob());
  await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(MINUTE_MS));
  await ports.executions.start(job);
  await ports.claims.take({ userId: USER_ID, institutionId: job.institutionId }, JOB_ID, undefined);
  return ports;
}

const leftIn = ({ jobs, claims, vault }: Awaited<ReturnType<typeof running>>) => [
  jobs.rows.size,
  claims.held.size,
  vault.names().length,
];

test("Erasing a user stops the executions of open jobs and deletes secrets, events and rows", async () => {
  const ports = await running();
  const erasure = await ports.erasures.begin(USER_ID);
  await eraseRows(ports, erasure);
  expect(leftIn(ports)).toEqual([0, 0, 0]);
  expect(ports.eventEraser.erased).toEqual([erasure.owner]);
  expect(ports.linkEraser.erased).toEqual([erasure.owner]);
  expect([...ports.executions.states.values()]).toEqual(["ended"]);
});

test("The sweeper repeats an erasure that failed, deletes late rows, and ends after 15 minutes", async () => {
  const ports = await running();
  await ports.erasures.begin(USER_ID);
  const sweepAfter = async (ms: number) => {
    ports.clock.pass(ms);
    return sweepErasures(ports, (_, look) => look());
  };
  failOnce(ports, "vault.destroy");
  expect(await sweepAfter(MINUTE_MS)).toBe(1);
  expect(ports.jobs.rows.size).toBe(1);
  expect(await sweepAfter(MINUTE_MS)).toBe(0);
  expect(leftIn(ports)).toEqual([0, 0, 0]);
  await ports.claims.take({ userId: USER_ID, connectionId: "8fce3b" }, JOB_ID, undefined);
  await sweepAfter(14 * MINUTE_MS);
  expect(leftIn(ports)).toEqual([0, 0, 0]);
  ports.clock.pass(60 * MINUTE_MS);
  expect(await ports.erasures.due()).toEqual([]);
});

test("A row of which a running request may store the login is hidden, and deleted with the login half a minute later", async () => {
  const ports = fakePorts();
  const job = ports.jobs.put(jobOf());
  const erasure = await ports.erasures.begin(USER_ID);
  expect(await eraseRows(ports, erasure)).toBe(true);
  await ports.vault.store(loginOf(job), packLogin(gavin), ports.clock.after(60 * MINUTE_MS));
  const caller = { scope: "SERVER_ACCESS", version: "3.0" } as const;
  await expect(readJob(ports, { jobId: job.id, caller })).rejects.toEqual(new Refusal("job-not-found"));
  ports.clock.pass(MINUTE_MS / 2);
  expect(await eraseRows(ports, erasure)).toBe(false);
  expect(leftIn(ports)).toEqual([0, 0, 0]);
});

test("A deleted connection ends the job that uses it, and no other job, as often as it is deleted", async () => {
  const ports = await running();
  const on = { userId: USER_ID, connectionId: "8fce3b" };
  await cancelJobOfConnection(ports, on);
  expect(ports.jobs.row(JOB_ID).phase).toBe("following");
  await ports.claims.take(on, JOB_ID, undefined);
  for (let time = 0; time < 2; time++) {
    await cancelJobOfConnection(ports, on);
    expect(ports.jobs.row(JOB_ID).phase).toBe("failed");
  }
});
