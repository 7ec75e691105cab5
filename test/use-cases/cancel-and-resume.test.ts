import { describe, expect, test } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import { RATE_LIMITS } from "../../functions/access/rate-limit.ts";
import { JOB_CANCELLED } from "../../functions/jobs/domain/failures.ts";
import { isFinished, type Job, PHASES } from "../../functions/jobs/domain/job.ts";
import { answerTo, Secret } from "../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { cancelJob } from "../../functions/jobs/use-cases/cancel-job.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import { replaceExecution } from "../../functions/jobs/use-cases/replace-execution.ts";
import { resumeJob } from "../../functions/jobs/use-cases/resume-job.ts";
import { sweep } from "../../functions/jobs/use-cases/sweep.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  gavin,
  JOB_ID,
  jobOf,
  USER_ID,
} from "../support/job-examples.ts";
import { beforeNext, caller, failOnce, nameOf, reasonOf, withSecrets } from "../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
/** A job whose execution, of an earlier version, waits itself. */
const queued = jobOf({ phase: "queued", version: 3, attempt: 1, queue });
const parked = { ...queued, queue: { ...queue, waitsFor: "attempt" as const } };

/** A job with all its secrets, whose executions run up to its generation. */
async function running(job: Job) {
  const { ports, row } = await withSecrets(job);
  for (let generation = 1; generation <= (job.generation ?? 1); generation++) {
    ports.executions.states.set(nameOf(generation), "running");
  }
  const cancel = (by: TokenClaims = caller) => cancelJob(ports, { jobId: JOB_ID, caller: by });
  const resume = (by: TokenClaims = caller) => resumeJob(ports, { jobId: JOB_ID, caller: by });
  return { ports, row, cancel, resume, states: () => [...ports.executions.states.values()] };
}

test.each(["cancel", "resume"] as const)("%s refuses another user's job like a missing job", async (name) => {
  const another = { ...caller, userId: "somebody-else" };
  expect(await reasonOf((await running(queued))[name](another))).toBe("job-not-found");
  expect(await reasonOf((await running({ ...queued, id: "another" }))[name]())).toBe("job-not-found");
});

describe("cancelling a job", () => {
  test.each(PHASES.filter((phase) => !isFinished({ phase })))(
    "that is %s fails its step, stops its execution and deletes its secrets",
    async (phase) => {
      const job = awaitingJob({ phase });
      const { ports, cancel, row, states } = await running(job);
      await cancel();
      expect(row()).toMatchObject({ phase: "failed", steps: failCurrentStep(job.steps, JOB_CANCELLED) });
      expect(states()).toEqual(["ended"]);
      expect(ports.vault.names()).toEqual([]);
    },
  );

  test("that is parked stops nothing, because no execution drives it", async () => {
    const { ports, cancel, row, states } = await running(parked);
    await cancel();
    expect([row().phase, states()]).toEqual(["failed", ["running"]]);
    expect(ports.vault.names()).not.toContain(`${JOB_ID}/${USER_ID}/login`);
  });

  test("leaves nothing to the sweeper, and frees its claim", async () => {
    const { ports, cancel, row } = await running(followingJob());
    ports.claims.held.set(`${USER_ID} AU00000`, JOB_ID);
    await cancel();
    expect(row().sweepAt).toBeUndefined();
    const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
    expect((await acceptConnection(ports, request)).isNew).toBe(true);
  });

  test("with an open challenge leaves a late answer to the sweeper", async () => {
    const { ports, cancel, row } = await running(awaitingJob());
    await cancel();
    await ports.vault.store(answerTo(row(), { number: 1 }), new Secret("late"), ports.clock.after(60_000));
    expect(await reasonOf(cancel())).toBe("job-over");
    ports.clock.pass(30_000);
    await sweep(ports);
    expect(ports.vault.names()).toEqual([]);
    expect(row().sweepAt).toBeUndefined();
  });

  test("cancels it even if another writer advances it at that moment", async () => {
    const { ports, cancel, row } = await running(followingJob());
    beforeNext(ports, "jobs.record", () =>
      ports.jobs.record(row(), { event: "stepsProgressed", changes: {} }),
    );
    await cancel();
    expect(row()).toMatchObject({ phase: "failed", version: 5 });
  });

  test.each(["executions.stop", "vault.destroy", "jobs.markCleaned"] as const)(
    "again completes a cancel that died at %s, and is then too late",
    async (name) => {
      const answered = awaitingJob({ phase: "answered", challenge: challengeOf({ isAnswered: true }) });
      const { ports, cancel, row, states } = await running(answered);
      failOnce(ports, name);
      await expect(cancel()).rejects.toThrow("died");
      const { version } = row();
      expect(await cancel()).toMatchObject({ phase: "failed", version });
      expect(ports.vault.names()).toEqual([]);
      expect(states()).toEqual(["ended"]);
      expect(await reasonOf(cancel())).toBe("job-over");
    },
  );

  test.each(["succeeded", "failed"] as const)("is too late when it has %s by itself", async (phase) => {
    const job = awaitingJob({ phase, sweepAt: "2026-01-05T09:00:00.000Z" });
    const { cancel, row } = await running(job);
    expect(await reasonOf(cancel())).toBe("job-over");
    expect(row()).toEqual(job);
  });

  test("is too late when it succeeds at that moment", async () => {
    const { ports, cancel, row } = await running(followingJob());
    beforeNext(ports, "jobs.record", () => ports.jobs.record(row(), { event: "succeeded", changes: {} }));
    expect(await reasonOf(cancel())).toBe("job-over");
    expect(row().phase).toBe("succeeded");
  });
});

describe("resuming a queued job", () => {
  test.each([1, 4])("accepts it again and replaces its execution, of generation %i", async (generation) => {
    const { ports, resume, row, states } = await running({ ...queued, generation });
    expect(await resume()).toEqual(row());
    expect(row()).toMatchObject({ phase: "accepted", generation: generation + 1, attempt: 1, queue });
    expect(states().slice(-2)).toEqual(["ended", "running"]);
    expect(ports.vault.names()).toHaveLength(2);
  });

  test.each(["executions.stop", "executions.start"] as const)(
    "again completes a resume that died at %s",
    async (name) => {
      const { ports, resume, row, states } = await running(queued);
      failOnce(ports, name);
      await expect(resume()).rejects.toThrow("died");
      const { version } = row();
      expect(await resume()).toMatchObject({ phase: "accepted", generation: 2, version });
      expect(states()).toEqual(["ended", "running"]);
    },
  );

  test("that is parked starts its next execution, and stops nothing", async () => {
    const { ports, resume, row, states } = await running(parked);
    failOnce(ports, "executions.stop");
    await resume();
    expect(row()).toMatchObject({ phase: "accepted", generation: 2, attempt: 1, queue });
    expect(row().queue?.waitsFor).toBeUndefined();
    expect(states()).toEqual(["running", "running"]);
  });

  test("that waits for its bank has made the attempts that were counted from the clock", async () => {
    const { ports, resume, row } = await running({ ...parked, queue: { ...queue, waitsFor: "bank" } });
    ports.clock.pass(5 * 3600_000);
    await resume();
    expect(row()).toMatchObject({ attempt: 3, queue: { nextAttemptAt: "2026-01-05T15:00:00.000Z" } });
  });

  test("is refused when it exceeds the rate limit, and changes nothing", async () => {
    const { ports, resume, row, states } = await running(queued);
    ports.requestCounts.add = async () => RATE_LIMITS.user + 1;
    expect(await reasonOf(resume())).toBe("rate-exceeded");
    expect(row()).toEqual(queued);
    expect(states()).toEqual(["running"]);
  });

  test.each(PHASES.filter((phase) => phase !== "queued"))("is refused when the job is %s", async (phase) => {
    const { resume, row, states } = await running(jobOf({ phase }));
    expect(await reasonOf(resume())).toBe("job-not-waiting");
    expect(row()).toEqual(jobOf({ phase }));
    expect(states()).toEqual(["running"]);
  });

  test("is refused when the next attempt begins at that moment", async () => {
    const { ports, resume, row } = await running(queued);
    const attempt = { event: "attemptStarted", changes: { attempt: 2 } } as const;
    beforeNext(ports, "jobs.record", () => ports.jobs.record(row(), attempt));
    expect(await reasonOf(resume())).toBe("job-not-waiting");
    expect(row()).toMatchObject({ phase: "opening", attempt: 2 });
    expect(row().generation).toBeUndefined();
  });
});

describe("the execution of a further generation", () => {
  /** Executions that run up to a generation, since the runs that were to replace them died. */
  async function withExecutions(latest: number) {
    const { ports } = await running(jobOf({ generation: latest }));
    const calls: string[] = [];
    const { start, stop } = ports.executions;
    ports.executions.start = (job) => start(job).then(() => void calls.push(`start ${job.generation}`));
    ports.executions.stop = (job) => stop(job).then(() => void calls.push(`stop ${job.generation}`));
    return { ports, calls };
  }

  test.each([
    [1, ["start 1"]],
    [2, ["stop 1", "start 2"]],
    [3, ["stop 2", "stop 1", "start 3"]],
    [5, ["stop 4", "stop 3", "stop 2", "start 5"]],
  ])("starts after up to three before it were stopped: %i", async (generation, expected) => {
    const { ports, calls } = await withExecutions(generation - 1);
    await replaceExecution(ports, jobOf({ generation }));
    expect(calls).toEqual(expected);
  });

  test("of a cancelled job is stopped last", async () => {
    const { ports, calls } = await withExecutions(3);
    await cancelJob(ports, { jobId: JOB_ID, caller });
    expect(calls).toEqual(["stop 2", "stop 1", "stop 3"]);
  });
});
