import { expect } from "vitest";
import { isFinished, type Job } from "../../functions/jobs/domain/job.ts";
import { isOver } from "../../functions/jobs/domain/steps.ts";
import type { FakePorts } from "./fake-ports.ts";

/** What holds of every job once nothing is left to happen, whatever has died on its way. */
export function expectWhole(ports: FakePorts, logins: readonly string[], told: readonly string[]): void {
  const { jobs, executions, vault } = ports;
  for (const job of jobs.rows.values()) {
    expect(isFinished(job), `job in ${job.phase}`).toBe(true);
    expect(job.sweepAt, "nothing is left to be swept").toBeUndefined();
  }
  for (const id of told) expect(jobs.rows.has(id), "a job that somebody was told of").toBe(true);
  for (const versions of Map.groupBy(jobs.written, ({ id }) => id).values()) expectHistory(versions);
  expect(new Set(logins).size, `one login for each attempt: ${logins.join()}`).toBe(logins.length);
  expect([...executions.states.values()]).not.toContain("running");
  expect(vault.names(), "no secret is left").toEqual([]);
}

/** Versions only grow, steps never go back but into the queue, and a job ends once. */
export function expectHistory(versions: readonly Job[]): void {
  expect(versions.filter(isFinished).length).toBeLessThanOrEqual(1);
  for (const [index, after] of versions.entries()) {
    const before = versions[index - 1];
    if (before === undefined) continue;
    expect(after.version).toBe(before.version + 1);
    expect(isFinished(before)).toBe(false);
    if (after.phase === "queued") continue;
    for (const step of before.steps.filter(({ status }) => isOver(status))) {
      expect(after.steps).toContainEqual(step);
    }
  }
}
