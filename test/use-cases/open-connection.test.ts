import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import {
  CREDENTIALS_REFUSED,
  INTERNAL_ERROR,
  SERVICE_UNAVAILABLE,
  TEMPORARY_UNAVAILABLE,
} from "../../functions/jobs/domain/failures.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { loginOf } from "../../functions/jobs/domain/secret.ts";
import { failCurrentStep } from "../../functions/jobs/domain/steps.ts";
import type { Posted } from "../../functions/jobs/domain/upstream-job.ts";
import { openAndFollow } from "../../functions/jobs/use-cases/open-connection.ts";
import { START } from "../support/fake-clock.ts";
import { JOB_ID, jobOf, lookOf, PLAIN, stepsOf, USER_ID } from "../support/job-examples.ts";
import {
  donePlain,
  type Look,
  OUTAGE_PROBLEM,
  queuedUpstream,
  setStatus,
} from "../support/scripted-aggregator.ts";
import { beforeNext, failOnce, jobToOpen, openingJob } from "../support/use-case-worlds.ts";

const update = jobOf({ kind: "update", connectionId: "8fce3b" });
const refresh = jobOf({ kind: "refresh", connectionId: "8fce3b" });
const sent = ["gavinBelson", "hooli2016"];
const KINDS = [
  ["create", jobOf(), { call: "openConnection", subject: `${USER_ID} AU00000`, sent, isDone: true }],
  ["update", update, { call: "updateConnection", subject: `${USER_ID} 8fce3b`, sent, isDone: true }],
  ["refresh", refresh, { call: "refreshConnection", subject: `${USER_ID} 8fce3b`, sent: [], isDone: true }],
] as const;
const wrongLogin = { code: CREDENTIALS_REFUSED, title: "Cannot login", detail: "Account is locked" };
const noted = `${USER_ID} AU00000`;

describe("the first attempt", () => {
  test.each(KINDS)("of a %s is recorded before it posts, and posts once", async (_, job, post) => {
    const { ports, open, row } = await jobToOpen(job);
    const logins = ports.vault.names();
    let before = row();
    beforeNext(ports, `upstream.${post.call}`, () => {
      before = row();
    });
    expect(await open()).toEqual(row());
    expect(before).toMatchObject({ phase: "opening", sendAgainAt: "2026-01-05T09:01:00.000Z" });
    expect(row()).toMatchObject({
      phase: "following",
      attempt: 1,
      attemptAt: START,
      upstreamJobId: "upstream-1",
      followUntil: "2026-01-05T09:15:00.000Z",
    });
    expect(ports.upstream.ledger).toEqual([post]);
    expect(ports.vault.names()).toEqual(logins);
  });

  test.each([
    ["a create without a login", jobOf()],
    ["an update without a login", update],
    ["a refresh without a connection", jobOf({ kind: "refresh" })],
  ])("of %s fails with an internal error, and sends nothing", async (_, job) => {
    const { ports, open, row } = await jobToOpen(job);
    await ports.vault.destroy(loginOf(job));
    await open();
    expect(row().steps[0]).toMatchObject({ status: "failed", result: INTERNAL_ERROR });
    expect(ports.upstream.ledger).toEqual([]);
  });
});

test.each(["following", "challenged", "awaiting-answer", "answered", "succeeded", "failed"] as const)(
  "a job that is %s is not opened",
  async (phase) => {
    const job = jobOf({ phase, attempt: 1, upstreamJobId: "upstream-1" });
    const { ports, open, row } = await jobToOpen(job);
    expect(await open()).toEqual(job);
    expect(row()).toEqual(job);
    expect(ports.upstream.ledger).toEqual([]);
  },
);

describe("a login that the aggregator refuses at once", () => {
  test.each([
    ["notes a wrong login of the job", wrongLogin, [JOB_ID]],
    ["notes nothing for another reason", { ...wrongLogin, code: "parameter-not-valid" }, undefined],
  ])("ends the job in the aggregator's words, deletes the login, and %s", async (_, problem, jobIds) => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push(new UpstreamRefused(400, problem));
    await open();
    expect(row().phase).toBe("failed");
    expect(row().steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: problem });
    expect(ports.vault.names()).toEqual([]);
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual(jobIds);
  });

  test.each([0, 5_000, 5 * 60_000])(
    "is not sent again %i ms after its run died, and fails as refused",
    async (ms) => {
      const { ports, open, row } = await jobToOpen();
      ports.upstream.script.openings.push(new UpstreamRefused(400, wrongLogin));
      beforeNext(ports, "refusedLogins.note", () => failOnce(ports, "jobs.record"));
      await expect(open()).rejects.toThrow("died");
      expect(row().phase).toBe("opening");
      ports.clock.pass(ms);
      await open();
      expect(row().phase).toBe("failed");
      expect(row().steps[0]).toMatchObject({ status: "failed", result: { code: CREDENTIALS_REFUSED } });
      expect(ports.upstream.calls("openConnection")).toHaveLength(1);
      expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
      expect(ports.vault.names()).toEqual([]);
    },
  );
});

describe("a login that may have arrived", () => {
  test.each(KINDS)("is found in the aggregator's list and not posted again: %s", async (_, job, { call }) => {
    const { ports, open, row } = await jobToOpen(job);
    ports.upstream.script.openings.push("reply-lost");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toMatchObject({ phase: "opening", attempt: 1 });
    ports.clock.pass(1_000);
    const another = ports.upstream.addJob(USER_ID, job.kind ? "AU00000" : "AU00002", "another");
    Object.assign(another, lookOf({}, { ...another, connectionId: "another" }));
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 1, upstreamJobId: "upstream-1" });
    expect(ports.upstream.calls(call)).toHaveLength(1);
  });

  test("is posted again when the aggregator does not list it", async () => {
    const { ports, open, row } = await jobToOpen();
    await ports.refusedLogins.note(USER_ID, "AU00000", "another-job");
    ports.upstream.script.openings.push("never-arrived");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    await open();
    expect(row()).toMatchObject({ phase: "following", attempt: 1 });
    const calls = ports.upstream.ledger.map(({ call }) => call);
    expect(calls).toEqual(["openConnection", "jobsOf", "openConnection"]);
  });

  test.each([
    ["cannot be read", new UpstreamUnavailable()],
    ["is refused", new UpstreamRefused(406, { code: "a", title: "b", detail: "c" })],
  ])("is not posted again while the aggregator's list %s", async (_, failure) => {
    const { ports, open, row } = await jobToOpen(openingJob);
    ports.upstream.script.listFails.push(failure);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toEqual(openingJob);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
  });

  test("is not confused with the login of an earlier job, another bank or another user", async () => {
    const { ports, open, row } = await jobToOpen({ ...openingJob, knownUpstreamJobIds: ["earlier"] });
    ports.upstream.addJob(USER_ID, "AU00000", "earlier");
    ports.upstream.addJob(USER_ID, "AU00002", "another-bank");
    ports.upstream.addJob("another-user", "AU00000", "another-user");
    await open();
    expect(row().upstreamJobId).toBe("upstream-4");
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });
});

describe("a job that the aggregator names instead of taking a login", () => {
  const theirs = { upstreamJobId: "theirs", isEarlier: true } as const;
  const working = lookOf({ ...PLAIN, "verify-credentials": "in-progress" });
  const refusedTheirs = lookOf(PLAIN, { steps: failCurrentStep(stepsOf(PLAIN), wrongLogin) });
  const blocked = { upstreamJobId: "theirs", until: "2026-01-05T09:17:00.000Z" };

  /** A job whose login is not taken at first. The job that is named began two minutes before, and shows one of the looks at each poll. */
  async function named(looks: (Look | Error)[], job: Job = jobOf(), fate: Posted = theirs) {
    const opening = await jobToOpen(job);
    const { ports } = opening;
    ports.upstream.script.looksByJob.push(looks);
    ports.upstream.addJob(USER_ID, "AU00000", "theirs");
    ports.clock.pass(120_000);
    ports.upstream.script.openings.push(fate);
    ports.upstream.script.looks.push(donePlain);
    return { ...opening, run: () => openAndFollow(ports, { jobId: JOB_ID }) };
  }

  test.each([
    ["a create", jobOf(), theirs],
    ["an update", update, theirs],
    [
      "a create, as a new one that we know",
      jobOf({ knownUpstreamJobIds: ["theirs"] }),
      { upstreamJobId: "theirs" },
    ],
  ])("is waited for, and then the login is posted and followed: %s", async (_, job, fate) => {
    const { ports, open, run, row } = await named([working, working, refusedTheirs], job, fate);
    await open();
    expect(row()).toMatchObject({ phase: "opening", attempt: 1, blocked, steps: stepsOf(PLAIN) });
    expect(row().upstreamJobId).toBeUndefined();
    expect(await run()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", attempt: 1, upstreamJobId: "upstream-2" });
    expect(row().blocked).toBeUndefined();
    const calls = ports.upstream.ledger.map(({ call, subject, isDone }) => `${call} ${subject} ${isDone}`);
    const [post = ""] = calls;
    const looks = Array.from({ length: 3 }, () => "job theirs false");
    expect(calls).toEqual([post, ...looks, post.replace("false", "true"), "job upstream-2 false"]);
    expect(ports.refusedLogins.rows.size).toBe(0);
  });

  test("is followed by a refresh", async () => {
    const { ports, run, row } = await named([working, donePlain], refresh);
    expect(await run()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", upstreamJobId: "theirs" });
    expect(ports.upstream.calls("refreshConnection")).toHaveLength(1);
  });

  test("is polled every second of a slice, and the workflow waits longer, the longer it takes", async () => {
    const { ports, run } = await named([working]);
    expect(await run()).toEqual({ next: "hold", waitSeconds: 1 });
    expect(ports.upstream.calls("job")).toHaveLength(12);
    ports.clock.pass(120_000);
    expect(await run()).toEqual({ next: "hold", waitSeconds: 5 });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test.each([
    [
      "is over when the aggregator does not know it any more",
      new UpstreamRefused(404, wrongLogin),
      "following",
    ],
    ["is waited for while it cannot be read", new UpstreamUnavailable(), "opening"],
  ])("%s", async (_, look, phase) => {
    const { open, row } = await named([look]);
    await open();
    await open().catch(() => undefined);
    expect(row().phase).toBe(phase);
  });

  test.each([
    ["takes more than 15 minutes", working, 15 * 60_000],
    ["waits in the aggregator's own queue", queuedUpstream(), 0],
  ])("makes our job wait as if the bank was down when it %s", async (_, look, ms) => {
    const held = await named([look]);
    await held.open();
    held.ports.clock.pass(ms);
    await held.open();
    expect(held.row()).toMatchObject({ phase: "queued", attempt: 1, knownUpstreamJobIds: ["theirs"] });
    expect(held.row().blocked).toBeUndefined();
    expect(held.ports.vault.names()).toHaveLength(1);
    const failing = await named([look]);
    failing.ports.policy.queues = false;
    await failing.open();
    failing.ports.clock.pass(ms);
    await failing.open();
    expect(failing.row().steps[0]).toMatchObject({ status: "failed", result: TEMPORARY_UNAVAILABLE });
    for (const { ports } of [held, failing]) expect(ports.upstream.done("openConnection")).toEqual([]);
  });

  test("is ours if an earlier request of the attempt, which may have arrived, made it", async () => {
    const { ports, open, row } = await jobToOpen(openingJob);
    ports.upstream.addJob(USER_ID, "AU00000", "ours");
    ports.upstream.jobsOf = async () => [];
    ports.upstream.script.openings.push({ upstreamJobId: "ours", isEarlier: true });
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "ours" });
  });

  test.each([
    ["cannot be read", new UpstreamUnavailable()],
    ["is not shown", new UpstreamRefused(404, wrongLogin)],
  ])("and may be ours is neither waited for nor followed by a second login while it %s", async (_, look) => {
    const { ports, open, row } = await jobToOpen(openingJob);
    ports.upstream.addJob(USER_ID, "AU00000", "ours");
    ports.upstream.jobsOf = async () => [];
    const named = { upstreamJobId: "ours", isEarlier: true } as const;
    ports.upstream.script.openings.push(named, named);
    failOnce(ports, "upstream.job", look);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toMatchObject({ phase: "opening", sendAgainAt: "2026-01-05T09:01:00.000Z" });
    expect(row().blocked).toBeUndefined();
    ports.clock.pass(60_000);
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "ours" });
  });

  test.each([
    ["began before it", [], "2026-01-05T08:58:59.999Z"],
    ["was known before", ["theirs"], START],
  ])("is not ours after a lost reply if it %s", async (_, knownUpstreamJobIds, created) => {
    const { ports, open, row } = await jobToOpen({ ...openingJob, knownUpstreamJobIds });
    Object.assign(ports.upstream.addJob(USER_ID, "AU00000", "theirs"), { created });
    ports.upstream.script.openings.push(theirs);
    await open();
    expect(row()).toMatchObject({ phase: "opening", blocked: { upstreamJobId: "theirs" } });
  });

  test("is not found again when the reply to the login that follows is lost", async () => {
    const { ports, open, row } = await named([donePlain]);
    await open();
    ports.upstream.script.openings.push("reply-lost");
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row()).toMatchObject({ phase: "opening", attemptAt: "2026-01-05T09:02:00.000Z" });
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-2" });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });
});

describe("a login for which the aggregator asks for a pause", () => {
  test.each([
    ["within the slice is posted after it", 12_000, { next: "done" }, 12_000],
    ["beyond the slice is posted by a later run", 30_000, { next: "hold", waitSeconds: 30 }, 0],
  ])("%s, and not before", async (_, retryAfterMs, opened, ms) => {
    const { ports, row } = await jobToOpen();
    const run = () => openAndFollow(ports, { jobId: JOB_ID });
    ports.upstream.script.openings.push(new UpstreamUnavailable({ retryAfterMs }));
    ports.upstream.script.looks.push(donePlain);
    expect(await run()).toEqual(opened);
    expect(ports.clock.now().getTime() - Date.parse(START)).toBe(ms);
    if (opened.next === "done") return expect(ports.upstream.done("openConnection")).toHaveLength(1);
    expect(ports.upstream.ledger).toHaveLength(1);
    ports.clock.pass(retryAfterMs);
    expect(await run()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", attempt: 1 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });
});

describe("an aggregator that asks for pauses beyond the four minutes of an attempt", () => {
  const busyJob = async (job = jobOf()) => {
    const opening = await jobToOpen(job);
    const run = () => openAndFollow(opening.ports, { jobId: JOB_ID });
    const meetPauses = async (count: number) => {
      const retryAfterMs = 600_000;
      for (let met = 0; met < count; met++) {
        opening.ports.upstream.script.openings.push(new UpstreamUnavailable({ retryAfterMs }));
        expect(await run()).toEqual({ next: "hold", waitSeconds: 600 });
        opening.ports.clock.pass(retryAfterMs);
      }
    };
    return { ...opening, run, meetPauses };
  };

  test("gets the login after them, once", async () => {
    const { ports, run, row, meetPauses } = await busyJob();
    await meetPauses(5);
    ports.upstream.script.looks.push(donePlain);
    expect(await run()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", attempt: 1 });
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });

  test.each([
    ["queues a create", jobOf(), "queued"],
    ["fails a refresh", refresh, "failed"],
  ])("%s after an hour", async (_, job, phase) => {
    const { run, row, meetPauses } = await busyJob(job);
    await meetPauses(7);
    await run();
    expect(row()).toMatchObject({ phase, attempt: 1 });
  });
});

describe("a login that may still be in transit", () => {
  test("is not posted again in the minute after a long exchange, and found once it has arrived", async () => {
    const { ports, open, row } = await jobToOpen();
    ports.upstream.script.openings.push("under-way");
    beforeNext(ports, "upstream.openConnection", () => ports.clock.pass(58_000));
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(5_000);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(row().phase).toBe("opening");
    ports.clock.pass(40_000);
    await open();
    expect(row()).toMatchObject({ phase: "following", upstreamJobId: "upstream-1" });
    expect(row().sendAgainAt).toBeUndefined();
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
  });

  test("is posted again after a minute in which the aggregator does not list it", async () => {
    const { ports, open } = await jobToOpen({ ...openingJob, sendAgainAt: "2026-01-05T09:01:00.000Z" });
    ports.clock.pass(59_999);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    ports.clock.pass(1);
    await open();
    expect(ports.upstream.done("openConnection")).toHaveLength(1);
  });
});

describe("an attempt that takes more than 4 minutes", () => {
  const queue = { nextAttemptAt: "2026-01-05T09:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
  const further = { ...openingJob, attempt: 2, queue };
  const unread = [new UpstreamUnavailable()];

  test.each([
    ["is followed if its login is listed", openingJob, ["ours"], [], "following", 1],
    ["ends the job if its login is not listed", openingJob, [], [], "failed", 0],
    ["ends the job if the list cannot be read", openingJob, [], unread, "failed", 0],
    ["returns a job to the queue that it came from", further, [], [], "queued", 1],
  ])("%s, and sends no login", async (_, job, listed, failures, phase, logins) => {
    const { ports, open, row } = await jobToOpen(job);
    for (const id of listed) ports.upstream.addJob(USER_ID, "AU00000", id);
    ports.upstream.script.listFails.push(...failures);
    ports.clock.pass(4 * 60_000 + 1);
    await open();
    expect(row()).toMatchObject({ phase, attempt: job.attempt });
    expect(row().steps[0]?.result).toEqual(phase === "failed" ? SERVICE_UNAVAILABLE : null);
    expect(ports.upstream.calls("openConnection")).toEqual([]);
    expect(ports.vault.names()).toHaveLength(logins);
  });
});

describe("a first login that the aggregator refuses because of an outage", () => {
  /** The login is refused so many times. The bank's record shows the status, is missing or cannot be read. */
  async function refusing(status: string, job = jobOf(), times = 1) {
    const opening = await jobToOpen(job);
    const { upstream } = opening.ports;
    for (let count = 0; count < times; count++) {
      upstream.script.openings.push(new UpstreamRefused(503, OUTAGE_PROBLEM));
    }
    if (status === "missing") upstream.institution = async () => undefined;
    else if (status === "unreadable") upstream.script.institutionFails.push(new UpstreamUnavailable());
    else setStatus(opening.ports, status);
    return opening;
  }

  test.each([
    ["a create", jobOf(), "major-outage"],
    ["a create", jobOf(), "unreadable"],
    ["an update", update, "major-outage"],
  ])("queues %s at once while the bank's record says or is %s", async (_, job, status) => {
    const { ports, open, row } = await refusing(status, job);
    expect(await open()).toEqual(row());
    expect(row()).toMatchObject({
      phase: "queued",
      attempt: 1,
      steps: stepsOf(PLAIN),
      queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" },
    });
    expect(row().connectionId).toBe(job.connectionId);
    expect(ports.vault.names()).toHaveLength(1);
    expect(ports.upstream.ledger.filter(({ call }) => call !== "institution")).toHaveLength(1);
  });

  test.each(["operational", "missing"])(
    "is sent again soon, as another attempt, while the bank's record says or is %s",
    async (status) => {
      const { ports, open, row } = await refusing(status);
      await expect(open()).rejects.toThrow(UpstreamUnavailable);
      expect(row()).toMatchObject({ phase: "opening", attempt: 2 });
      await open();
      expect(row()).toMatchObject({ phase: "following", attempt: 2 });
      expect(ports.upstream.done("openConnection")).toHaveLength(1);
    },
  );

  test("queues the job after a minute of refusals, whatever the bank's record says", async () => {
    const { ports, open, row } = await refusing("operational", jobOf(), 3);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(59_999);
    await expect(open()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(1);
    await open();
    expect(row()).toMatchObject({ phase: "queued", attempt: 3 });
    expect(ports.upstream.calls("institution")).toHaveLength(3);
    expect((await ports.outages.find("AU00000")).failed).toEqual([`${JOB_ID} 3`]);
  });

  test.each([
    ["a refresh", refresh, true],
    ["a create without queues", jobOf(), false],
    ["an update without queues", update, false],
  ])("fails %s at once in the aggregator's words", async (_, job, queues) => {
    const { ports, open, row } = await refusing("major-outage", job);
    ports.policy.queues = queues;
    await open();
    expect(row().phase).toBe("failed");
    expect(row().steps[0]).toMatchObject({ status: "failed", result: OUTAGE_PROBLEM });
    expect(ports.upstream.calls("institution")).toEqual([]);
    expect(ports.refusedLogins.rows.size).toBe(0);
  });
});
