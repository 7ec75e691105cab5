import { describe, expect, test } from "vitest";
import type { TokenClaims } from "../../../functions/access/caller.ts";
import { JOB_CANCELLED } from "../../../functions/jobs/domain/failures.ts";
import { isFinished, type Job, PHASES } from "../../../functions/jobs/domain/job.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { answerTo, Secret } from "../../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../../functions/jobs/domain/steps.ts";
import { cancelJob } from "../../../functions/jobs/use-cases/cancel-job.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { sweep } from "../../../functions/jobs/use-cases/sweep.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  gavin,
  JOB_ID,
  jobOf,
  USER_ID,
} from "../../support/job-examples.ts";
import { caller, withSecrets } from "../../support/use-case-worlds.ts";

/** A job that an execution drives, with all the secrets that it can have. */
async function running(job: Job) {
  const { ports, row } = await withSecrets(job);
  ports.executions.states.set(`${JOB_ID}-${job.generation ?? 1}`, "running");
  const cancel = (by: TokenClaims = caller) => cancelJob(ports, { jobId: JOB_ID, caller: by });
  const refusal = async (by?: TokenClaims) => {
    const error: unknown = await cancel(by).catch((reason: unknown) => reason);
    return error instanceof Refusal ? error.problems[0].reason : error;
  };
  return { ports, row, cancel, refusal };
}

const answered = awaitingJob({ phase: "answered", challenge: challengeOf({ isAnswered: true }) });

describe("cancelling a job", () => {
  test.each(PHASES.filter((phase) => !isFinished({ phase })))(
    "that is %s fails its step, stops its execution and destroys its secrets",
    async (phase) => {
      const job = awaitingJob({ phase });
      const { ports, cancel, row } = await running(job);
      await cancel();
      expect(row()).toMatchObject({ phase: "failed", steps: failCurrentStep(job.steps, JOB_CANCELLED) });
      expect([...ports.executions.states.values()]).toEqual(["ended"]);
      expect(ports.vault.names()).toEqual([]);
    },
  );

  test("leaves nothing to the sweeper", async () => {
    const { cancel, row } = await running(followingJob());
    await cancel();
    expect(row().sweepAt).toBeUndefined();
  });

  test("with an open challenge leaves to it what a request may keep that found the challenge open", async () => {
    const { ports, cancel, refusal, row } = await running(awaitingJob());
    await cancel();
    await ports.vault.keep(answerTo(row(), { number: 1 }), new Secret("late"), ports.clock.after(60_000));
    expect(await refusal()).toBe("job-over");
    ports.clock.pass(30_000);
    await sweep(ports);
    expect(ports.vault.names()).toEqual([]);
    expect(row().sweepAt).toBeUndefined();
  });

  test("stops the execution of today, and one that was to be replaced by it", async () => {
    const { ports, cancel } = await running(jobOf({ generation: 3 }));
    ports.executions.states.set(`${JOB_ID}-2`, "running");
    await cancel();
    expect([...ports.executions.states.values()]).toEqual(["ended", "ended"]);
  });

  test("writes the end first: what runs at that moment can change nothing any more", async () => {
    const { ports, cancel } = await running(followingJob());
    let phaseAtStop: string | undefined;
    ports.executions.stop = async () => {
      phaseAtStop = ports.jobs.row(JOB_ID).phase;
    };
    await cancel();
    expect(phaseAtStop).toBe("failed");
  });

  test("frees its claim: the next request makes another job", async () => {
    const { ports, cancel } = await running(followingJob());
    ports.claims.held.set(`${USER_ID} AU00000`, JOB_ID);
    const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
    expect((await acceptConnection(ports, request)).isNew).toBe(false);
    await cancel();
    expect((await acceptConnection(ports, request)).isNew).toBe(true);
  });

  test("that another writer took further at that moment cancels it all the same", async () => {
    const { ports, cancel, row } = await running(followingJob());
    const { record } = ports.jobs;
    ports.jobs.record = async (before, change) => {
      ports.jobs.record = record;
      await record(before, { event: "stepsProgressed", changes: {} });
      return record(before, change);
    };
    await cancel();
    expect(row()).toMatchObject({ phase: "failed", version: 5 });
  });
});

describe("cancelling again", () => {
  test.each(["stop", "destroy", "settle"] as const)(
    "finishes what died at its %s, and is then too late",
    async (call) => {
      const { ports, cancel, refusal, row } = await running(answered);
      const { stop } = ports.executions;
      const { destroy } = ports.vault;
      const { settle } = ports.jobs;
      const die = () => Promise.reject(new Error("died"));
      if (call === "stop") ports.executions.stop = die;
      if (call === "destroy") ports.vault.destroy = die;
      if (call === "settle") ports.jobs.settle = die;
      await expect(cancel()).rejects.toThrow("died");
      Object.assign(ports.executions, { stop });
      Object.assign(ports.vault, { destroy });
      Object.assign(ports.jobs, { settle });
      const { version } = row();
      expect(await cancel()).toMatchObject({ phase: "failed", version });
      expect(ports.vault.names()).toEqual([]);
      expect([...ports.executions.states.values()]).toEqual(["ended"]);
      expect(await refusal()).toBe("job-over");
    },
  );

  test.each(["succeeded", "failed"] as const)("is too late for a job that %s by itself", async (phase) => {
    const job = awaitingJob({ phase, sweepAt: "2026-01-05T09:00:00.000Z" });
    const { refusal, row } = await running(job);
    expect(await refusal()).toBe("job-over");
    expect(row()).toEqual(job);
  });

  test("is too late for one that ended at that very moment", async () => {
    const { ports, refusal, row } = await running(followingJob());
    const { record } = ports.jobs;
    ports.jobs.record = async (before, change) => {
      ports.jobs.record = record;
      await record(before, { event: "succeeded", changes: {} });
      return record(before, change);
    };
    expect(await refusal()).toBe("job-over");
    expect(row().phase).toBe("succeeded");
  });
});

test("another user's job and none at all are the same", async () => {
  const { refusal } = await running(followingJob());
  expect(await refusal({ ...caller, userId: "somebody-else" })).toBe("job-not-found");
  expect(await (await running(jobOf({ id: "another" }))).refusal()).toBe("job-not-found");
});
