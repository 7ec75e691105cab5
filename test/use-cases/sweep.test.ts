import { describe, expect, test } from "vitest";
import { JobChanged, UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { JOB_CANCELLED } from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { answerTo, loginOf } from "../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import { sweep, sweepJob } from "../../functions/jobs/use-cases/sweep.ts";
import { START } from "../support/fake-clock.ts";
import { fakePorts } from "../support/fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  followingJob,
  JOB_ID,
  jobOf,
  lookOf,
  PLAIN,
  question,
  stepsOf,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "../support/job-examples.ts";
import { type Look, OUTAGE_PROBLEM } from "../support/scripted-aggregator.ts";
import { beforeNext, dueJob, dueWithAnswer, failOnce, nameOf } from "../support/use-case-worlds.ts";

const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const queued = jobOf({ phase: "queued", queue });
const IN_5_MINUTES = "2026-01-05T09:05:00.000Z";

test("a job that is missing, settled or not yet due is not touched", async () => {
  const ports = fakePorts();
  expect(await sweepJob(ports, JOB_ID)).toBe("nothing");
  ports.jobs.put(jobOf());
  expect(await sweepJob(ports, JOB_ID)).toBe("nothing");
  const { ports: due, sweep } = await dueJob(jobOf({ sweepAt: "2026-01-05T09:00:00.001Z" }));
  expect(await sweep()).toBe("nothing");
  due.clock.pass(1);
  expect(await sweep()).toBe("started");
});

describe("a job that was accepted and not started", () => {
  const earlier = "2026-01-05T08:00:00.000Z";
  const later = "2026-01-05T09:00:05.000Z";
  const endedBefore = jobOf({ id: "old", phase: "failed", createdAt: earlier, updatedAt: earlier });
  const rival = jobOf({ id: "rival", phase: "following", createdAt: later });

  /** The job, and the job that holds its claim, if there is one. */
  async function unstarted(job: Job, holder?: Job | "gone") {
    const due = await dueJob(job);
    const claim = `${USER_ID} ${job.kind === undefined ? job.institutionId : `connection ${job.connectionId}`}`;
    if (typeof holder === "object" && holder.id !== job.id) due.ports.jobs.put(holder);
    if (holder !== undefined) due.ports.claims.held.set(claim, holder === "gone" ? holder : holder.id);
    return { ...due, holderId: () => due.ports.claims.held.get(claim) };
  }

  const update = jobOf({ kind: "update", connectionId: "8fce3b" });

  test.each([
    ["it holds its claim", jobOf(), jobOf()],
    ["it holds the claim on its connection", update, update],
    ["its claim is free", jobOf(), undefined],
    ["its claim belongs to a missing job", jobOf(), "gone"],
    ["its claim belongs to a job that had ended before", jobOf(), endedBefore],
  ] as const)("is started when %s", async (_, job, holder) => {
    const { ports, sweep, row, holderId } = await unstarted(job, holder);
    expect(await sweep()).toBe("started");
    expect(holderId()).toBe(JOB_ID);
    expect([...ports.executions.states]).toEqual([[nameOf(1), "running"]]);
    expect(row()).toEqual({ ...job, sweepAt: IN_5_MINUTES });
  });

  test.each([
    ["runs", rival],
    ["has run since before", { ...rival, phase: "queued", createdAt: earlier }],
    ["is done, because the request was repeated", { ...rival, phase: "succeeded" }],
    ["is done and as old as the job", { ...rival, phase: "succeeded", createdAt: START }],
  ] as const)("is dropped with its login when the job that holds its claim %s", async (_, holder) => {
    const { ports, sweep, holderId } = await unstarted(jobOf(), holder);
    expect(await sweep()).toBe("dropped");
    expect([...ports.jobs.rows.keys()]).toEqual(["rival"]);
    expect(ports.vault.names()).toEqual([]);
    expect(holderId()).toBe("rival");
    expect(ports.executions.started).toEqual([]);
  });

  test.each([
    ["has no login", undefined, false],
    ["finds a claim whose job ended since", { ...endedBefore, updatedAt: START }, true],
  ])("and %s is dropped once its request cannot be at work any more", async (_, holder, hasLogin) => {
    const { ports, sweep } = await unstarted(jobOf(), holder);
    if (!hasLogin) await ports.vault.destroy(loginOf(jobOf()));
    ports.clock.pass(29_999);
    expect(await sweep()).toBe("nothing");
    ports.clock.pass(1);
    expect(await sweep()).toBe("dropped");
    expect(ports.jobs.rows.has(JOB_ID)).toBe(false);
    expect([ports.vault.names(), ports.executions.started]).toEqual([[], []]);
  });

  test("is not dropped when another run advances it at that moment", async () => {
    const { ports, sweep, row } = await unstarted(jobOf(), rival);
    beforeNext(ports, "jobs.drop", () => ports.jobs.record(row(), { event: "attemptStarted", changes: {} }));
    expect(await sweep()).toBe("nothing");
    expect(row().phase).toBe("opening");
  });

  test("of a further generation replaces the execution before, whoever holds the claim", async () => {
    const { ports, sweep } = await unstarted(followingJob({ generation: 3 }), rival);
    ports.executions.states.set(nameOf(2), "running");
    expect(await sweep()).toBe("started");
    expect(Object.fromEntries(ports.executions.states)).toEqual({
      [nameOf(2)]: "ended",
      [nameOf(3)]: "running",
    });
  });
});

describe("a job whose execution has ended", () => {
  test.each([
    jobOf(),
    jobOf({ phase: "opening" }),
    followingJob(),
    awaitingJob({ phase: "answered" }),
    awaitingJob({ challenge: challengeOf({ expiresAt: START }) }),
    queued,
  ])("continues under the next execution: $phase", async (job) => {
    const { ports, sweep, row } = await dueJob(job, "ended");
    expect(await sweep()).toBe("restarted");
    expect(row()).toMatchObject({ phase: job.phase, generation: 2, sweepAt: IN_5_MINUTES });
    expect(ports.executions.states.get(nameOf(2))).toBe("running");
    expect(await sweep()).toBe("nothing");
  });

  test("is not touched when another run advances it at that moment", async () => {
    const { ports, sweep } = await dueJob(followingJob(), "ended");
    failOnce(ports, "jobs.record", new JobChanged());
    expect(await sweep()).toBe("nothing");
    expect(ports.executions.started).toEqual([]);
  });

  test("is started by the next sweep when this sweep dies", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "ended");
    failOnce(ports, "executions.start");
    await expect(sweep()).rejects.toThrow("died");
    ports.clock.pass(5 * 60_000);
    expect(await sweep()).toBe("started");
    expect(row().generation).toBe(2);
    expect(ports.executions.states.get(nameOf(2))).toBe("running");
  });
});

describe("a job whose execution runs", () => {
  test.each([
    [followingJob(), IN_5_MINUTES, 1],
    [awaitingJob({ challenge: challengeOf({ expiresAt: START }) }), "2026-01-05T09:00:30.000Z", 1],
    [awaitingJob(), "2026-01-05T09:00:30.000Z", 0],
    [queued, IN_5_MINUTES, 1],
  ])(
    "is postponed, and Step Functions is asked unless a challenge is open: %#",
    async (job, sweepAt, asked) => {
      const { ports, sweep, row } = await dueJob(job, "running");
      const { state } = ports.executions;
      let calls = 0;
      ports.executions.state = (one) => {
        calls++;
        return state(one);
      };
      expect(await sweep()).toBe("nothing");
      expect(row()).toEqual({ ...job, sweepAt });
      expect([...ports.executions.states]).toEqual([[nameOf(1), "running"]]);
      expect(ports.vault.names()).toHaveLength(1);
      expect(calls).toBe(asked);
    },
  );

  test("and that cannot be checked is postponed for a minute, so that other jobs have their turn", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "running");
    failOnce(ports, "executions.state", new Error("down"));
    await expect(sweep()).rejects.toThrow("down");
    expect(row()).toEqual(followingJob({ sweepAt: "2026-01-05T09:01:00.000Z" }));
  });

  test("shows the first error when it cannot be postponed either", async () => {
    const { ports, sweep, row } = await dueJob(followingJob(), "running");
    failOnce(ports, "executions.state", new Error("down"));
    failOnce(ports, "sweptJobs.postpone", new Error("also down"));
    await expect(sweep()).rejects.toThrow(/^down/);
    expect(row().sweepAt).toBe(START);
  });
});

describe("an answer", () => {
  test.each([
    ["that was stored and not written to the row", "awaiting-answer", 1],
    ["whose workflow may not have been woken", "answered", 0],
  ] as const)("%s is delivered", async (_, phase, writes) => {
    const { ports, sweep, row } = await dueWithAnswer({ phase });
    const { version } = row();
    expect(await sweep()).toBe("delivered");
    expect(row()).toMatchObject({
      phase: "answered",
      version: version + writes,
      sweepAt: "2026-01-05T09:00:30.000Z",
    });
    expect(ports.waker.woken).toEqual([{ token: "task-token", challengeNumber: 1 }]);
  });

  test("that is being sent is not delivered again", async () => {
    const { ports, sweep } = await dueWithAnswer({ phase: "sending-answer" });
    expect(await sweep()).toBe("nothing");
    expect(ports.waker.woken).toEqual([]);
  });
});

describe("a challenge that is open", () => {
  const asked = { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" } as const;
  const asking = lookOf(asked, { challenge: { ...question, input: [...question.input] }, updated: "later" });
  const done = lookOf({ ...asked, "mfa-challenge": "success" });

  /** A job that waits for its user, while the aggregator's job shows a look. */
  async function seenAs(look: Look | Error) {
    const due = await dueWithAnswer();
    await due.ports.vault.destroy(answerTo(due.row(), { number: 1 }));
    due.ports.upstream.script.looks.push(look);
    due.ports.upstream.addJob(USER_ID, "AU00002", UPSTREAM_JOB_ID);
    return due;
  }

  test.each([
    ["has decided", done],
    ["asks something else", { ...asking, challenge: { ...question, input: ["First pet"] } }],
  ])("is closed, and its workflow woken, when the bank %s without an answer", async (_, look) => {
    const { ports, sweep, row } = await seenAs(look);
    failOnce(ports, "waker.wake");
    await expect(sweep()).rejects.toThrow("died");
    expect(row()).toMatchObject({ phase: "following", followUntil: "2026-01-05T09:14:00.000Z" });
    ports.clock.pass(60_000);
    expect(await sweep()).toBe("nothing");
    expect(ports.waker.woken).toEqual([{ token: "task-token", challengeNumber: 1 }]);
    expect(ports.upstream.calls("job")).toHaveLength(1);
  });

  test.each([
    ["the bank waits for it", asking],
    ["the aggregator cannot be reached", new UpstreamUnavailable()],
    ["the aggregator refuses to show its job", new UpstreamRefused(404, OUTAGE_PROBLEM)],
  ])("stays open while %s", async (_, look) => {
    const { ports, sweep, row } = await seenAs(look);
    expect(await sweep()).toBe("nothing");
    expect(row()).toMatchObject({ phase: "awaiting-answer", sweepAt: "2026-01-05T09:00:30.000Z" });
    expect(ports.waker.woken).toEqual([]);
  });

  test("is not asked about when its answer is stored", async () => {
    const { ports, sweep } = await dueWithAnswer();
    expect(await sweep()).toBe("delivered");
    expect(ports.upstream.ledger).toEqual([]);
  });
});

describe("a finished job", () => {
  const answered = challengeOf({ isAnswered: true });
  const cancelled = failCurrentStep(stepsOf(PLAIN), JOB_CANCELLED);

  test.each([
    ["that has succeeded", { phase: "succeeded", challenge: answered }, "cleaned", "running"],
    ["that has failed", { phase: "failed", challenge: answered }, "cleaned", "running"],
    ["whose challenge was not answered", { phase: "failed" }, "nothing", "running"],
    ["that was cancelled", { phase: "failed", challenge: answered, steps: cancelled }, "cleaned", "ended"],
  ] as const)(
    "%s is cleaned up and settled, and counts as mended only after a crash",
    async (_, changes, looked, state) => {
      const { ports, sweep, row } = await dueWithAnswer();
      ports.jobs.put({ ...row(), ...changes, steps: "steps" in changes ? cancelled : row().steps });
      expect(await sweep()).toBe(looked);
      expect(ports.vault.names()).toEqual([]);
      expect(row().sweepAt).toBeUndefined();
      expect(ports.executions.states.get(nameOf(1))).toBe(state);
      expect(await sweep()).toBe("nothing");
    },
  );

  test("is swept again when its secrets could not be deleted", async () => {
    const { ports, sweep, row } = await dueJob(followingJob({ phase: "failed" }));
    failOnce(ports, "vault.destroy");
    await expect(sweep()).rejects.toThrow("died");
    expect(row().sweepAt).toBe(START);
  });
});

describe("a sweep", () => {
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

  test("checks every job that is due, at most 10 at once, and counts the results, whatever fails", async () => {
    const ports = withEnded(25);
    ports.jobs.put(followingJob({ id: idOf(26), phase: "failed", sweepAt: START }));
    ports.jobs.put(followingJob({ id: idOf(27), sweepAt: START }));
    ports.executions.states.set(nameOf(1, idOf(27)), "running");
    ports.jobs.put(followingJob({ id: idOf(28), sweepAt: "2026-01-05T09:00:01.000Z" }));
    ports.executions.states.set(nameOf(1, idOf(28)), "running");
    const { state } = ports.executions;
    let [running, most] = [0, 0];
    ports.executions.state = async (job) => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      if (job.id === idOf(7)) throw new Error("throttled");
      return state(job);
    };
    const mended = { restarted: 24, cleaned: 1, nothing: 1 };
    expect(await sweep(ports)).toMatchObject({ mended, failed: 1 });
    expect(most).toBe(10);
    ports.executions.state = state;
    ports.clock.pass(60_000);
    expect(await sweep(ports)).toMatchObject({ mended: { restarted: 1, nothing: 1 }, failed: 0 });
  });

  test.each([
    ["asks about 10", "state", 10],
    ["stops 25", "stop", 25],
  ] as const)("%s executions a second at most", async (_, call, perSecond) => {
    const ports = withEnded(60);
    // Cleaning up after a cancelled job stops its execution, without asking about it.
    const steps = failCurrentStep(stepsOf(PLAIN), JOB_CANCELLED);
    for (const job of ports.jobs.rows.values()) {
      if (call === "stop") ports.jobs.put({ ...job, phase: "failed", steps });
    }
    await sweep(ports);
    // The first call is made at once.
    expect(ports.clock.now().getTime() - Date.parse(START)).toBe((59 * 1_000) / perSecond);
  });

  test("shows each check to its watcher: the result or the error", async () => {
    const ports = withEnded(2);
    const trouble = new Error("throttled");
    const { state } = ports.executions;
    ports.executions.state = (job) => (job.id === idOf(2) ? Promise.reject(trouble) : state(job));
    const seen = new Map<string, unknown>();
    await sweep(ports, async (jobId, look) => {
      const looked = look();
      seen.set(jobId, await looked.catch((error: unknown) => error));
      return looked;
    });
    expect(Object.fromEntries(seen)).toEqual({ [idOf(1)]: "restarted", [idOf(2)]: trouble });
  });

  test("with nothing due still counts the running jobs, and the queue every quarter of an hour", async () => {
    const ports = fakePorts();
    const [running, queued] = [{ size: 1, oldest: START }, { size: 2 }];
    ports.sweptJobs.notQueued = async () => running;
    ports.sweptJobs.queued = async () => queued;
    const found = [];
    for (let minute = 0; minute < 17; minute++) {
      const { queued: counted, ...others } = await sweep(ports);
      expect(others).toEqual({ mended: {}, failed: 0, running });
      if (counted !== undefined) found.push([minute, counted]);
      ports.clock.pass(60_000);
    }
    expect(found).toEqual([
      [0, queued],
      [15, queued],
    ]);
  });
});
