import { describe, expect, test } from "vitest";
import { packLogin } from "../../../functions/jobs/domain/login.ts";
import { loginOf } from "../../../functions/jobs/domain/secret.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import { START } from "../../support/fake-clock.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { followingJob, gavin, jobOf } from "../../support/job-examples.ts";
import { nameOf } from "../../support/use-case-worlds.ts";

const idOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** Ports with so many jobs whose executions have ended, all of them due. */
function withEnded(count: number) {
  const ports = fakePorts();
  for (let number = 1; number <= count; number++) {
    ports.jobs.put(followingJob({ id: idOf(number), sweepAt: START }));
    ports.executions.states.set(nameOf(1, idOf(number)), "ended");
  }
  return ports;
}

describe("a sweep", () => {
  test("looks at every job that is due, and counts what it did", async () => {
    const ports = withEnded(3);
    ports.jobs.put(followingJob({ id: idOf(4), phase: "failed", sweepAt: START }));
    const accepted = ports.jobs.put(jobOf({ id: idOf(5), sweepAt: START }));
    await ports.vault.keep(loginOf(accepted), packLogin(gavin), ports.clock.after(1e9));
    ports.jobs.put(followingJob({ id: idOf(6), sweepAt: START }));
    ports.executions.states.set(nameOf(1, idOf(6)), "running");
    ports.jobs.put(followingJob({ id: idOf(7), sweepAt: "2026-01-05T09:00:01.000Z" }));
    expect(await sweep(ports)).toMatchObject({
      mended: { restarted: 3, cleaned: 1, started: 1, nothing: 1 },
      failed: 0,
    });
  });

  test("is not stopped by one job's trouble", async () => {
    const ports = withEnded(25);
    const { state } = ports.executions;
    ports.executions.state = (job) =>
      job.id === idOf(7) ? Promise.reject(new Error("throttled")) : state(job);
    expect(await sweep(ports)).toMatchObject({ mended: { restarted: 24 }, failed: 1 });
    ports.executions.state = state;
    expect(await sweep(ports)).toMatchObject({ mended: {}, failed: 0 });
    ports.clock.pass(60_000);
    expect(await sweep(ports)).toMatchObject({ mended: { restarted: 1 }, failed: 0 });
  });

  test("looks at no more than ten jobs at once", async () => {
    const ports = withEnded(25);
    const { state } = ports.executions;
    let [running, most] = [0, 0];
    ports.executions.state = async (job) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return state(job);
    };
    await sweep(ports);
    expect(most).toBe(10);
  });

  test("lets each look be watched: what it mended, if anything, or the error that it met", async () => {
    const ports = withEnded(2);
    ports.jobs.put(followingJob({ id: idOf(3), sweepAt: START }));
    ports.executions.states.set(nameOf(1, idOf(3)), "running");
    const { state } = ports.executions;
    const trouble = new Error("throttled");
    ports.executions.state = (job) => (job.id === idOf(2) ? Promise.reject(trouble) : state(job));
    const seen: unknown[] = [];
    const { mended, failed } = await sweep(ports, async (jobId, look) => {
      const looked = look();
      seen.push([jobId, await looked.catch((error: unknown) => error)]);
      return looked;
    });
    expect(seen).toHaveLength(3);
    expect(seen).toEqual(
      expect.arrayContaining([
        [idOf(1), "restarted"],
        [idOf(2), trouble],
        [idOf(3), "nothing"],
      ]),
    );
    expect({ mended, failed }).toEqual({ mended: { restarted: 1, nothing: 1 }, failed: 1 });
  });

  test("with nothing to do still tells what jobs there are", async () => {
    const ports = fakePorts();
    const census = { queued: 2, running: 1, oldestQueued: START };
    ports.sweptJobs.census = async () => census;
    expect(await sweep(ports)).toEqual({ mended: {}, failed: 0, census });
  });

  test("that cannot find what is due has failed as a whole", async () => {
    const ports = withEnded(1);
    ports.sweptJobs.due = () => Promise.reject(new Error("down"));
    await expect(sweep(ports)).rejects.toThrow("down");
  });
});
