import { describe, expect, test } from "vitest";
import { JobChanged } from "../../../functions/jobs/domain/errors.ts";
import { JOB_CANCELLED } from "../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { failCurrentStep } from "../../../functions/jobs/domain/steps.ts";
import { sweepJob } from "../../../functions/jobs/use-cases/sweep.ts";
import { START } from "../../support/fake-clock.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  JOB_ID,
  jobOf,
  PLAIN,
  stepsOf,
} from "../../support/job-examples.ts";
import { dueJob, dueWithAnswer, nameOf } from "../../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };

describe("a job that is not to be looked at", () => {
  test("is let alone when it is not there, or is settled", async () => {
    const ports = fakePorts();
    expect(await sweepJob(ports, JOB_ID)).toBe("nothing");
    ports.jobs.put(jobOf());
    expect(await sweepJob(ports, JOB_ID)).toBe("nothing");
    expect(ports.executions.started).toEqual([]);
  });

  test("is let alone until its time: an index may be behind", async () => {
    const { ports, sweep } = await dueJob(jobOf({ sweepAt: "2026-01-05T09:00:00.001Z" }));
    expect(await sweep()).toBe("nothing");
    ports.clock.pass(1);
    expect(await sweep()).not.toBe("nothing");
  });
});

describe("a job whose execution has ended before it", () => {
  test.each([
    jobOf(),
    jobOf({ phase: "opening" }),
    followingJob(),
    awaitingJob({ phase: "answered" }),
    awaitingJob({ challenge: challengeOf({ expiresAt: START }) }),
    jobOf({ phase: "queued", queue }),
  ])("goes on under the next one: $phase", async (job) => {
    const { ports, sweep, row } = await dueJob(job, "ended");
    expect(await sweep()).toBe("restarted");
    expect(row()).toMatchObject({ phase: job.phase, generation: 2, sweepAt: "2026-01-05T09:05:00.000Z" });
    expect([...ports.executions.states]).toEqual([
      [nameOf(1), "ended"],
      [nameOf(2), "running"],
    ]);
    expect(await sweep()).toBe("nothing");
  });

  test("is let alone when somebody has just taken it further", async () => {
    const { ports, sweep } = await dueJob(followingJob(), "ended");
    ports.jobs.record = () => Promise.reject(new JobChanged());
    expect(await sweep()).toBe("nothing");
    expect(ports.executions.started).toEqual([]);
  });

  test("is started by a later sweep when this one dies before it can", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "ended");
    const { start } = ports.executions;
    ports.executions.start = () => Promise.reject(new Error("died"));
    await expect(sweep()).rejects.toThrow("died");
    ports.executions.start = start;
    ports.clock.pass(5 * 60_000);
    expect(await sweep()).toBe("started");
    expect(row().generation).toBe(2);
    expect(ports.executions.states.get(nameOf(2))).toBe("running");
  });
});

describe("a job that its execution drives", () => {
  test.each([
    [followingJob(), "2026-01-05T09:05:00.000Z"],
    [awaitingJob(), "2026-01-05T09:00:30.000Z"],
    [jobOf({ phase: "queued", queue }), "2026-01-06T09:30:00.000Z"],
  ])("is put off, and nothing else: %#", async (job, sweepAt) => {
    const { ports, sweep, row } = await dueJob(job, "running");
    expect(await sweep()).toBe("nothing");
    expect(row()).toEqual({ ...job, sweepAt });
    expect([...ports.executions.states]).toEqual([[nameOf(1), "running"]]);
    expect(ports.vault.names()).toHaveLength(1);
  });
});

describe("a job that cannot be looked at", () => {
  test("is put off for a minute, so that those behind it have their turn", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "running");
    ports.executions.state = () => Promise.reject(new Error("down"));
    await expect(sweep()).rejects.toThrow("down");
    expect(row()).toEqual(followingJob({ sweepAt: "2026-01-05T09:01:00.000Z" }));
    expect(await sweep()).toBe("nothing");
  });

  test("fails as it did when it cannot be put off either", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "running");
    ports.executions.state = () => Promise.reject(new Error("down"));
    ports.sweptJobs.postpone = () => Promise.reject(new Error("also down"));
    await expect(sweep()).rejects.toThrow(/^down/);
    expect(row().sweepAt).toBe(START);
  });
});

describe("a job that waits for its user", () => {
  const asked: string[] = [];
  async function awaited(changes: Partial<Job> = {}) {
    const due = await dueJob(awaitingJob(changes), "running");
    asked.length = 0;
    const { state } = due.ports.executions;
    due.ports.executions.state = (job) => {
      asked.push(job.id);
      return state(job);
    };
    return due;
  }

  test("is looked after without asking Step Functions", async () => {
    const { sweep, row } = await awaited();
    expect(await sweep()).toBe("nothing");
    expect(row().sweepAt).toBe("2026-01-05T09:00:30.000Z");
    expect(asked).toEqual([]);
  });

  test("has them asked once its deadline has passed", async () => {
    const { sweep } = await awaited({ challenge: challengeOf({ expiresAt: START }) });
    expect(await sweep()).toBe("nothing");
    expect(asked).toEqual([JOB_ID]);
  });
});

describe("an answer", () => {
  test("that was kept, and never came into the row, is taken and told", async () => {
    const { ports, sweep, row } = await dueWithAnswer();
    expect(await sweep()).toBe("delivered");
    expect(row()).toMatchObject({ phase: "answered", challenge: { isAnswered: true } });
    expect(row().sweepAt).toBe("2026-01-05T09:00:30.000Z");
    expect(ports.waker.woken).toEqual([{ token: "task-token", challengeNumber: 1 }]);
  });

  test("that was taken, and may not have been told, is told again", async () => {
    const { ports, sweep, row } = await dueWithAnswer({ phase: "answered" });
    const { version } = row();
    expect(await sweep()).toBe("delivered");
    expect(row().version).toBe(version);
    expect(ports.waker.woken).toHaveLength(1);
  });

  test("that is being sent is not told again", async () => {
    const { ports, sweep } = await dueWithAnswer({ phase: "sending-answer" });
    expect(await sweep()).toBe("nothing");
    expect(ports.waker.woken).toEqual([]);
  });
});

describe("a job that is over", () => {
  const cancelled = failCurrentStep(stepsOf(PLAIN), JOB_CANCELLED);

  test.each(["succeeded", "failed"] as const)(
    "and %s loses its secrets, and is looked at no more",
    async (phase) => {
      const { ports, sweep, row } = await dueWithAnswer({
        phase,
        challenge: challengeOf({ isAnswered: true }),
      });
      expect(await sweep()).toBe("cleaned");
      expect(ports.vault.names()).toEqual([]);
      expect(row().sweepAt).toBeUndefined();
      expect(ports.executions.states.get(nameOf(1))).toBe("running");
      expect(await sweep()).toBe("nothing");
    },
  );

  test("and whose challenge nobody answered is looked at as a matter of course: that is no crash's doing", async () => {
    const { ports, sweep, row } = await dueWithAnswer({ phase: "failed" });
    expect(await sweep()).toBe("nothing");
    expect(ports.vault.names()).toEqual([]);
    expect(row().sweepAt).toBeUndefined();
  });

  test("since it was cancelled is also driven no more", async () => {
    const { ports, sweep } = await dueJob(followingJob({ phase: "failed", steps: cancelled }), "running");
    expect(await sweep()).toBe("cleaned");
    expect(ports.executions.states.get(nameOf(1))).toBe("ended");
  });

  test("is looked at again when its secrets could not be destroyed", async () => {
    const { ports, sweep, row } = await dueJob(followingJob({ phase: "failed" }));
    ports.vault.destroy = () => Promise.reject(new Error("down"));
    await expect(sweep()).rejects.toThrow("down");
    expect(row().sweepAt).toBeDefined();
  });
});
