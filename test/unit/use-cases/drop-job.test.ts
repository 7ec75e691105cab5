import { describe, expect, test } from "vitest";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { dropJob } from "../../../functions/jobs/use-cases/accept-job.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { gavin, JOB_ID, jobOf } from "../../support/job-examples.ts";

async function withLogin(changes: Partial<Job> = {}) {
  const ports = fakePorts();
  const job = ports.jobs.put(jobOf(changes));
  await ports.vault.keep(loginOf(job), packLogin(gavin), ports.clock.after(1e9));
  return { ports, job };
}

describe("a job that nobody was told of", () => {
  test("goes, with its login", async () => {
    const { ports, job } = await withLogin();
    expect(await dropJob(ports, job)).toBe(true);
    expect([ports.jobs.rows.size, ports.vault.names().length]).toEqual([0, 0]);
  });

  test("has no login to destroy when it is a refresh", async () => {
    const { ports, job } = await withLogin({ kind: "refresh", connectionId: "c" });
    ports.vault.destroy = () => Promise.reject(new Error("a refresh has none"));
    expect(await dropJob(ports, job)).toBe(true);
    expect(ports.jobs.rows.size).toBe(0);
  });

  test.each([
    ["been taken over", { version: 2 }],
    ["been added again", { createdAt: "2026-01-05T09:00:30.000Z" }],
  ])("stays, with its login, when it has %s", async (_, changes) => {
    const { ports, job } = await withLogin();
    const row = ports.jobs.put({ ...job, ...changes });
    expect(await dropJob(ports, job)).toBe(false);
    expect(ports.jobs.row(JOB_ID)).toEqual(row);
    expect(ports.vault.names()).toHaveLength(1);
  });
});

describe.each(["vault.destroy", "jobs.drop"] as const)("dropping that dies at %s", (name) => {
  async function died() {
    const { ports, job } = await withLogin();
    const { destroy } = ports.vault;
    const { drop } = ports.jobs;
    const die = () => Promise.reject(new Error("died"));
    if (name === "vault.destroy") ports.vault.destroy = die;
    if (name === "jobs.drop") ports.jobs.drop = die;
    await expect(dropJob(ports, job)).rejects.toThrow("died");
    ports.vault.destroy = destroy;
    ports.jobs.drop = drop;
    return ports;
  }

  test("is ended by the sweeper, when whoever began it must be dead", async () => {
    const ports = await died();
    ports.clock.pass(59_999);
    expect((await sweep(ports)).mended).toEqual({});
    ports.clock.pass(1);
    expect((await sweep(ports)).mended).toEqual({ dropped: 1 });
    expect([ports.jobs.rows.size, ports.vault.names().length]).toEqual([0, 0]);
    expect(ports.executions.started).toEqual([]);
  });
});
