import { describe, expect, test } from "vitest";
import type { TokenClaims } from "../../../functions/access/caller.ts";
import { RATE_LIMITS } from "../../../functions/access/rate-limit.ts";
import { type Job, PHASES } from "../../../functions/jobs/domain/job.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { resumeJob } from "../../../functions/jobs/use-cases/resume-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { JOB_ID, jobOf } from "../../support/job-examples.ts";
import { caller } from "../../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const queued = jobOf({ phase: "queued", version: 3, attempt: 1, queue });
const nameOf = (generation: number) => `${JOB_ID}-${generation}`;

/** A job whose first execution sleeps. */
function sleeping(job: Job = queued) {
  const ports = fakePorts();
  ports.jobs.put(job);
  ports.executions.states.set(nameOf(1), "running");
  const resume = (by: TokenClaims = caller) => resumeJob(ports, { jobId: JOB_ID, caller: by });
  const refusal = async (by?: TokenClaims) => {
    const error: unknown = await resume(by).catch((reason: unknown) => reason);
    return error instanceof Refusal ? error.problems[0].reason : error;
  };
  return { ports, resume, refusal, row: () => ports.jobs.row(JOB_ID) };
}

describe("resuming a queued job", () => {
  test("makes it accepted again, under an execution that takes the place of the one that sleeps", async () => {
    const { ports, resume, row } = sleeping();
    expect(await resume()).toEqual(row());
    expect(row()).toMatchObject({ phase: "accepted", generation: 2, attempt: 1, queue });
    expect([...ports.executions.states]).toEqual([
      [nameOf(1), "ended"],
      [nameOf(2), "running"],
    ]);
  });

  test("stops the one before it first: never do two of them run", async () => {
    const { ports, resume } = sleeping();
    const calls: string[] = [];
    const { start, stop } = ports.executions;
    ports.executions.start = (job) => start(job).then(() => void calls.push("start"));
    ports.executions.stop = (job) => stop(job).then(() => void calls.push("stop"));
    await resume();
    expect(calls).toEqual(["stop", "start"]);
  });

  test("a second time goes on from the generation that there is", async () => {
    const { ports, resume, row } = sleeping({ ...queued, generation: 4 });
    ports.executions.states.set(nameOf(4), "running");
    await resume();
    expect(row().generation).toBe(5);
    expect(ports.executions.states.get(nameOf(4))).toBe("ended");
    expect(ports.executions.states.get(nameOf(5))).toBe("running");
  });

  test.each(["stop", "start"] as const)(
    "that died at its %s is finished when asked for again",
    async (call) => {
      const { ports, resume, row } = sleeping();
      const real = ports.executions[call];
      ports.executions[call] = () => Promise.reject(new Error("died"));
      await expect(resume()).rejects.toThrow("died");
      ports.executions[call] = real;
      const { version } = row();
      expect(await resume()).toMatchObject({ phase: "accepted", generation: 2, version });
      expect(ports.executions.states.get(nameOf(1))).toBe("ended");
      expect(ports.executions.states.get(nameOf(2))).toBe("running");
    },
  );
});

test("a job is not resumed by a request that is one too many", async () => {
  const { ports, refusal, row } = sleeping();
  ports.requestCounts.add = async () => RATE_LIMITS.user + 1;
  expect(await refusal()).toBe("rate-exceeded");
  expect(row()).toEqual(queued);
  expect([...ports.executions.states]).toEqual([[nameOf(1), "running"]]);
});

describe("a job that does not wait", () => {
  test.each(PHASES.filter((phase) => phase !== "queued"))("is not resumed: %s", async (phase) => {
    const { ports, refusal, row } = sleeping(jobOf({ phase }));
    expect(await refusal()).toBe("job-not-waiting");
    expect(row()).toEqual(jobOf({ phase }));
    expect([...ports.executions.states.keys()]).toEqual([nameOf(1)]);
  });

  test("is not resumed while a further attempt is under way", async () => {
    expect(await sleeping({ ...queued, phase: "following" }).refusal()).toBe("job-not-waiting");
  });

  test("was resumed in vain when its attempt began at that very moment", async () => {
    const { ports, refusal, row } = sleeping();
    const { record } = ports.jobs;
    ports.jobs.record = async (before, change) => {
      ports.jobs.record = record;
      await record(before, { event: "attemptStarted", changes: { attempt: 2 } });
      return record(before, change);
    };
    expect(await refusal()).toBe("job-not-waiting");
    expect(row()).toMatchObject({ phase: "opening", attempt: 2 });
    expect(row().generation).toBeUndefined();
  });
});

test("another user's job and none at all are the same", async () => {
  expect(await sleeping().refusal({ ...caller, userId: "somebody-else" })).toBe("job-not-found");
  expect(await sleeping(jobOf({ id: "another" })).refusal()).toBe("job-not-found");
});
