import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../../functions/jobs/domain/errors.ts";
import { outcomeOf } from "../../../../functions/jobs/domain/failures.ts";
import type { Job } from "../../../../functions/jobs/domain/job.ts";
import { eventTypesOf } from "../../../../functions/jobs/domain/job-events.ts";
import { measureChange } from "../../../../functions/jobs/domain/measurements.ts";
import { failCurrentStep } from "../../../../functions/jobs/domain/steps.ts";
import { applyEvent } from "../../../../functions/jobs/domain/sweep.ts";
import { sweepJob } from "../../../../functions/jobs/use-cases/sweep.ts";
import { fakeClock } from "../../../support/fake-clock.ts";
import type { FakePorts } from "../../../support/fake-ports.ts";
import { followingJob, JOB_ID, lookOf, PLAIN, stepsOf, USER_ID } from "../../../support/job-examples.ts";
import {
  donePlain,
  type Look,
  OUTAGE_PROBLEM,
  queuedUpstream,
} from "../../../support/scripted-aggregator.ts";
import { jobToFollow } from "../../../support/use-case-worlds.ts";

const adopted = (changes: Partial<Job> = {}) => followingJob({ kind: "adopt", version: 1, ...changes });
const sourced = { ...donePlain, namesSource: true } as const;
const running = lookOf({ ...PLAIN, "verify-credentials": "in-progress" });
const failing = (code: string): Look => ({
  steps: failCurrentStep(stepsOf(PLAIN), { code, title: "Failed", detail: "In the bank's words" }),
});

/** Follows a job beyond the limit. */
async function followedToTheEnd(
  looks: readonly Look[],
  prepare: (ports: FakePorts) => void = () => undefined,
) {
  const { ports, row, follow } = await jobToFollow(looks, adopted());
  prepare(ports);
  while ((await follow()).next !== "done") ports.clock.pass(60_000);
  return { ports, step: row().steps.find(({ status }) => status === "failed"), job: row() };
}

describe("the connection of an adopted job", () => {
  test("is the source that the aggregator names, and has the job's claim from then on", async () => {
    const { ports, row, follow } = await jobToFollow([sourced], adopted());
    await follow();
    expect(row()).toMatchObject({ phase: "succeeded", connectionId: "c1" });
    expect(ports.claims.held.get(`${USER_ID} connection c1`)).toBe(JOB_ID);
  });

  test("is missing for a statement, which shows a connection in a step only", async () => {
    const { ports, row, follow } = await jobToFollow([donePlain], adopted());
    await follow();
    expect(row().phase).toBe("succeeded");
    expect(row().connectionId).toBeUndefined();
    expect(ports.claims.held.size).toBe(0);
  });

  test("is what a step shows for a job with a login", async () => {
    const { row, follow } = await jobToFollow([donePlain], followingJob());
    await follow();
    expect(row().connectionId).toBe("c1");
  });
});

describe("an adopted job", () => {
  test.each(["invalid-credentials", "success"])(
    "counts neither for nor against logins at the bank (%s)",
    async (code) => {
      const { ports, follow } = await jobToFollow([code === "success" ? sourced : failing(code)], adopted());
      await ports.refusedLogins.note(USER_ID, "AU00000", "earlier");
      await follow();
      expect((await ports.refusedLogins.find(USER_ID, "AU00000"))?.jobIds).toEqual(["earlier"]);
    },
  );

  test("fails in the aggregator's words when the bank is down, and does not wait for it", async () => {
    const { row, follow } = await jobToFollow([failing(OUTAGE_PROBLEM.code)], adopted());
    await follow();
    expect([row().phase, row().queue]).toEqual(["failed", undefined]);
    expect(outcomeOf(row())).toBe("unavailable");
  });

  test("shows that the aggregator holds it, goes on when it goes on", async () => {
    const { row, follow } = await jobToFollow([queuedUpstream(), queuedUpstream(), sourced], adopted());
    await follow();
    expect([row().phase, row().queue]).toEqual(["succeeded", undefined]);
  });

  test("ends as unavailable if the aggregator holds it until the limit", async () => {
    const { step, job } = await followedToTheEnd([queuedUpstream()]);
    expect(step).toMatchObject({
      title: "verify-credentials",
      result: { code: "temporary-unavailable" },
    });
    expect(job.queue).toBeUndefined();
  });
});

describe("an adopted job that the aggregator never finishes", () => {
  const left = { id: "c1", institutionId: "AU00000", isBeingMade: true, awaitsUser: true } as const;

  test("says that its user left, if the connection still waits for the user", async () => {
    const { step, job } = await followedToTheEnd([running], ({ upstream }) => upstream.addConnection(left));
    expect(step?.result).toMatchObject({
      code: "job-timed-out",
      detail: expect.stringContaining("user left"),
    });
    expect(outcomeOf(job)).toBe("timed-out");
  });

  test("knows the connection by its source, among several at the bank", async () => {
    const look = { ...running, connectionId: "c2", namesSource: true } as const;
    const { step } = await followedToTheEnd([look], ({ upstream }) => upstream.addConnection(left));
    expect(step?.result).toMatchObject({
      code: "job-timed-out",
      detail: expect.stringContaining("did not finish in time"),
    });
  });

  test.each([
    [
      "at another bank",
      (ports: FakePorts) => ports.upstream.addConnection({ ...left, institutionId: "AU1" }),
    ],
    ["of another user", (ports: FakePorts) => ports.upstream.addConnection(left, "somebody-else")],
    [
      "that the bank has accepted",
      (ports: FakePorts) => ports.upstream.addConnection({ id: "c1", institutionId: "AU00000" }),
    ],
    [
      "that cannot be read",
      ({ upstream }: FakePorts) => {
        upstream.connectionsOf = async () => Promise.reject(new UpstreamUnavailable());
      },
    ],
    [
      "that may not be read",
      ({ upstream }: FakePorts) => {
        const problem = { code: "x", title: "x", detail: "x" };
        upstream.connectionsOf = async () => Promise.reject(new UpstreamRefused(400, problem));
      },
    ],
  ])("says that the bank did not finish, with a connection %s", async (_, prepare) => {
    const { step } = await followedToTheEnd([running], prepare);
    expect(step?.result).toMatchObject({
      code: "job-timed-out",
      detail: expect.stringContaining("did not finish in time"),
    });
  });

  test("blames the bank only if its user has not left", async () => {
    const names = (job: Job, before: Job) =>
      [...measureChange(before, "failed", job)].map(({ name }) => name);
    const gone = await followedToTheEnd([running], ({ upstream }) => upstream.addConnection(left));
    expect(names(gone.job, adopted())).not.toContain("UpstreamErrors");
    const stuck = await followedToTheEnd([running]);
    expect(names(stuck.job, adopted())).toContain("UpstreamErrors");
  });
});

describe("what is told of an adopted job", () => {
  const clock = fakeClock();
  const progressed = { event: "stepsProgressed", changes: { steps: running.steps } } as const;

  test("its first change makes its first event, because no event follows from its row alone", () => {
    const first = applyEvent(adopted(), progressed, clock);
    expect(eventTypesOf(adopted(), first)).toEqual(["created"]);
    expect(first.eventCount).toBe(1);
    const steps = stepsOf({ ...PLAIN, "verify-credentials": "success" });
    const second = applyEvent(first, { event: "stepsProgressed", changes: { steps } }, clock);
    expect(eventTypesOf(first, second)).toEqual(["updated"]);
  });

  test("a job that is over at once has two events", () => {
    const over = applyEvent(adopted(), { event: "succeeded", changes: { steps: donePlain.steps } }, clock);
    expect(eventTypesOf(adopted(), over)).toEqual(["created", "succeeded"]);
    expect(over.eventCount).toBe(2);
  });

  test("its first change counts it as started, once", () => {
    const first = applyEvent(adopted(), progressed, clock);
    const started = (before: Job, after: Job) =>
      [...measureChange(before, "stepsProgressed", after)].filter(({ name }) => name === "JobsStarted")
        .length;
    expect(started(adopted(), first)).toBe(1);
    expect(started(first, applyEvent(first, progressed, clock))).toBe(0);
  });
});

describe("the sweeper", () => {
  test("starts an adopted job that a dead request has left, although it holds no claim", async () => {
    const { ports } = await jobToFollow([sourced], adopted({ sweepAt: "2026-01-05T09:01:00.000Z" }));
    ports.clock.pass(60_000);
    expect(await sweepJob(ports, JOB_ID)).toBe("started");
    expect([...ports.executions.states]).toEqual([[`${JOB_ID}-1`, "running"]]);
    expect(ports.claims.held.size).toBe(0);
  });
});
