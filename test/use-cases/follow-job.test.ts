import { describe, expect, test } from "vitest";
import { JobChanged, UpstreamRefused, UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import {
  CREDENTIALS_REFUSED,
  JOB_TIMED_OUT,
  MFA_EXPIRED,
  TEMPORARY_UNAVAILABLE,
} from "../../functions/jobs/domain/failures.ts";
import { failCurrentStep, type StepError } from "../../functions/jobs/domain/steps.ts";
import { followJob, noteVerdict, pollJob } from "../../functions/jobs/use-cases/follow-job.ts";
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
import { donePlain, OUTAGE_PROBLEM, queuedUpstream } from "../support/scripted-aggregator.ts";
import { beforeNext, failOnce, jobToFollow } from "../support/use-case-worlds.ts";

const connectionId = "8fce3b";
const verifying = { ...PLAIN, "verify-credentials": "in-progress" } as const;
const verified = { ...PLAIN, "verify-credentials": "success" } as const;
const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const asked = { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" } as const;
const wrongLogin = { code: CREDENTIALS_REFUSED, title: "Cannot login", detail: "Account is locked" };
const refresh = followingJob({ kind: "refresh", connectionId });
const queue = { nextAttemptAt: "2026-01-05T11:00:00.000Z", expiresAt: "2026-01-12T09:00:00.000Z" };
const noted = `${USER_ID} AU00000`;
const failed = (error: StepError, steps = stepsOf(PLAIN)) => failCurrentStep(steps, error);
const showing = (error: StepError) => lookOf(PLAIN, { steps: failed(error) });
const down = () => new UpstreamUnavailable();

describe("a slice", () => {
  test("writes each change, and ends with the job", async () => {
    const looks = [lookOf(verifying), down(), lookOf(verified, { connectionId }), down(), lookOf(done)];
    const { ports, follow, row } = await jobToFollow(looks);
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", steps: stepsOf(done), connectionId });
    expect(ports.jobs.written.map(({ version }) => version)).toEqual([3, 4, 5, 6]);
    expect(ports.upstream.calls("job")).toHaveLength(5);
  });

  test("writes nothing while nothing changes, and waits longer, the longer the job takes", async () => {
    const { ports, follow } = await jobToFollow([lookOf(PLAIN)]);
    expect(await follow()).toEqual({ next: "wait", waitSeconds: 1 });
    expect(ports.upstream.calls("job")).toHaveLength(13);
    ports.clock.pass(2 * 60_000);
    expect(await follow()).toEqual({ next: "wait", waitSeconds: 5 });
    expect(ports.jobs.written).toHaveLength(1);
  });

  test("lasts as long as the deployment says", async () => {
    const { ports, follow } = await jobToFollow([lookOf(PLAIN)]);
    ports.policy.followSliceMs = 5_000;
    expect(await follow()).toMatchObject({ next: "wait" });
    expect(ports.upstream.calls("job")).toHaveLength(6);
  });

  test.each([
    ["is over within it", 12_000, 12_000, 1, { next: "done" }],
    ["is longer", 12_001, 0, 0, { next: "wait", waitSeconds: 13 }],
  ])(
    "does not poll during a pause that the aggregator asks for, which %s",
    async (_, retryAfterMs, ms, more, followed) => {
      const { ports, follow } = await jobToFollow([new UpstreamUnavailable({ retryAfterMs }), lookOf(done)]);
      expect(await follow()).toEqual(followed);
      expect(ports.clock.now().getTime() - Date.parse(START)).toBe(ms);
      expect(ports.upstream.calls("job")).toHaveLength(1 + more);
    },
  );

  test("polls again from the row when another writer came in between", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verifying), lookOf(done)]);
    const changes = { connectionId: "theirs" };
    beforeNext(ports, "jobs.record", () => ports.jobs.record(row(), { event: "stepsProgressed", changes }));
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "succeeded", connectionId: "theirs" });
  });

  test("deletes the secrets of a job that ended while it was polled", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verifying)]);
    beforeNext(ports, "jobs.record", () => ports.jobs.record(row(), { event: "failed", changes: {} }));
    expect(await follow()).toEqual({ next: "done" });
    expect(ports.vault.names()).toEqual([]);
  });

  test.each([
    ["accepted", jobOf()],
    ["opening", jobOf({ phase: "opening" })],
    ["queued without a time", jobOf({ phase: "queued" })],
  ])("does not poll a job that is %s", async (_, job) => {
    const { ports, follow } = await jobToFollow([lookOf(done)], job);
    expect(await follow()).toEqual({ next: "hold", waitSeconds: 1 });
    expect(ports.upstream.ledger).toEqual([]);
  });

  test.each([
    ["a parked job, and ends its execution", "attempt", { next: "done" }],
    ["a queued job that was woken, whose attempt comes next", undefined, { next: "hold", waitSeconds: 1 }],
  ] as const)("does not poll %s", async (_, waitsFor, next) => {
    const job = jobOf({ phase: "queued", attempt: 1, queue: { ...queue, waitsFor } });
    const { ports, follow } = await jobToFollow([], job);
    expect([await follow(), ports.upstream.ledger]).toEqual([next, []]);
  });

  test.each(["following", "awaiting-answer"] as const)(
    "does nothing if a later execution drives its job, which is %s",
    async (phase) => {
      const job = followingJob({ phase, generation: 3 });
      const { ports, row } = await jobToFollow([donePlain], job);
      expect(await followJob(ports, { jobId: JOB_ID, generation: 2 })).toEqual({ next: "done" });
      expect([row(), ports.upstream.ledger]).toEqual([job, []]);
    },
  );
});

describe("a job fails", () => {
  test("in the aggregator's words, and its login is deleted", async () => {
    const { ports, follow, row } = await jobToFollow([lookOf(verifying), showing(wrongLogin)]);
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "failed", steps: failed(wrongLogin) });
    expect(ports.vault.names()).toEqual([]);
  });

  const problem = { code: "resource-not-found", title: "Not found", detail: "No such job." };
  const lost = new UpstreamRefused(404, problem);

  test.each([0, 10 * 60_000])(
    "when the aggregator refuses to show it for a minute, from %i ms on",
    async (ms) => {
      const { ports, follow, row } = await jobToFollow([lost]);
      ports.clock.pass(ms);
      expect(await follow()).toMatchObject({ next: "wait" });
      ports.clock.pass(47_999);
      expect(await pollJob(ports, row())).toMatchObject({ phase: "following" });
      ports.clock.pass(1);
      expect(await follow()).toEqual({ next: "done" });
      expect(row().steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: problem });
    },
  );

  test.each([
    ["shows progress", lookOf(verifying)],
    ["shows nothing new", lookOf(PLAIN)],
  ])("not when the aggregator has lost it for less than a minute, and then %s", async (_, look) => {
    const { ports, row } = await jobToFollow([lost, look, lost, down(), lost]);
    for (let looks = 0; looks < 4; looks++) {
      ports.clock.pass(40_000);
      await pollJob(ports, row());
    }
    expect(row()).toMatchObject({ phase: "following", steps: look.steps });
    await pollJob(ports, row());
    expect(row().phase).toBe("following");
    ports.clock.pass(20_000);
    await pollJob(ports, row());
    expect(row().phase).toBe("failed");
  });

  test.each([
    ["makes no progress", lookOf(verifying)],
    ["does not answer", down()],
  ])("when the aggregator %s for 15 minutes", async (_, look) => {
    const { ports, follow, row } = await jobToFollow([look]);
    for (let slices = 0; (await follow()).next === "wait"; slices++) {
      expect(slices).toBeLessThan(80);
      ports.clock.pass(5_000);
    }
    expect(row().steps[0]).toMatchObject({ status: "failed", result: JOB_TIMED_OUT });
    expect(ports.vault.names()).toEqual([]);
  });

  test("not when the reply breaks a poll in an unknown way: the error is shown", async () => {
    const { follow } = await jobToFollow([new TypeError("broken")]);
    await expect(follow()).rejects.toThrow(TypeError);
  });
});

describe("a bank that is down", () => {
  test.each([
    ["fails the first step", showing(OUTAGE_PROBLEM), undefined],
    ["is queued by the aggregator", queuedUpstream(), true],
  ])("queues a job that %s, with its login", async (_, look, isUpstreams) => {
    const { ports, follow, row } = await jobToFollow([look], followingJob({ steps: stepsOf(verifying) }));
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({ phase: "queued", attempt: 1, steps: stepsOf(PLAIN) });
    const nextAttemptAt = "2026-01-05T11:00:00.000Z";
    expect(row().queue).toMatchObject({ ...queue, nextAttemptAt, waitsFor: "attempt" });
    expect(row().queue?.isUpstreams).toBe(isUpstreams);
    expect(row().upstreamJobId).toBe(isUpstreams && UPSTREAM_JOB_ID);
    expect(row().knownUpstreamJobIds).toEqual(isUpstreams ? [] : [UPSTREAM_JOB_ID]);
    expect(ports.vault.names()).toHaveLength(1);
  });

  test.each([
    ["a refresh", refresh, true, showing(OUTAGE_PROBLEM), OUTAGE_PROBLEM],
    ["a create without queues", followingJob(), false, showing(OUTAGE_PROBLEM), OUTAGE_PROBLEM],
    ["a refresh that the aggregator queues", refresh, true, queuedUpstream(), TEMPORARY_UNAVAILABLE],
    ["a create that the aggregator queues", followingJob(), false, queuedUpstream(), TEMPORARY_UNAVAILABLE],
  ])("fails %s at once", async (_, job, queues, look, result) => {
    const { ports, follow, row } = await jobToFollow([look], job);
    ports.policy.queues = queues;
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[0]).toMatchObject({ status: "failed", result });
    if (job !== refresh) expect(ports.vault.names()).toEqual([]);
  });
});

describe("a challenge", () => {
  const mfaJob = followingJob({ authorization: "user-mfa", steps: stepsOf(WITH_MFA) });
  const input = ["OTP Password"];

  test("ends the slice, and the workflow waits 2 s longer than the user may take", async () => {
    const asking = lookOf(asked, { challenge: { ...question, input }, updated: "u1" });
    const { ports, follow, row } = await jobToFollow([asking], mfaJob);
    ports.clock.pass(60_000);
    expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 122 });
    expect(row()).toMatchObject({ phase: "challenged", followLeftMs: 14 * 60_000 });
    expect(row().challenge).toEqual(challengeOf({ upstreamUpdated: "u1" }));
  });

  test.each(["awaiting-answer", "answered", "sending-answer"] as const)(
    "that is %s is waited for during the rest of its time, without a poll",
    async (phase) => {
      const { ports, follow } = await jobToFollow([], awaitingJob({ phase }));
      ports.clock.pass(60_500);
      expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 62 });
      ports.clock.pass(600_000);
      expect(await follow()).toEqual({ next: "ask", timeoutSeconds: 2 });
      expect(ports.upstream.ledger).toEqual([]);
    },
  );

  const expired = lookOf(WITH_MFA, { steps: failed(MFA_EXPIRED, stepsOf(asked)) });

  test("that the aggregator expires returns a further attempt's job to the queue, with its login", async () => {
    const job = awaitingJob({ phase: "following", attempt: 2, queue });
    const { ports, follow, row } = await jobToFollow([expired], job);
    expect(await follow()).toEqual({ next: "done" });
    expect(row()).toMatchObject({
      phase: "queued",
      steps: stepsOf(WITH_MFA),
      queue: { reason: "challenge-not-answered", unanswered: 1 },
    });
    expect(ports.vault.names()).toHaveLength(1);
  });

  test("that the aggregator expires fails a first attempt's job", async () => {
    const { follow, row } = await jobToFollow([expired], awaitingJob({ phase: "following" }));
    expect(await follow()).toEqual({ next: "done" });
    expect(row().steps[1]?.result).toEqual(MFA_EXPIRED);
  });
});

describe("the login", () => {
  const furtherAttempt = followingJob({
    authorization: "user-mfa-intermittent",
    steps: stepsOf(WITH_MFA),
    attempt: 2,
    queue,
  });
  const waiting = lookOf({ ...asked, "mfa-challenge": "pending" });
  const answered = lookOf({ ...asked, "mfa-challenge": "success" });

  test.each([
    ["is kept while the bank verifies it", followingJob(), lookOf(verifying), 1],
    ["is deleted as soon as the bank has verified it", followingJob(), lookOf(verified), 0],
    ["of a further attempt is kept while the bank may still ask", furtherAttempt, waiting, 1],
    ["of a further attempt is deleted when the challenge was answered", furtherAttempt, answered, 0],
  ])("%s", async (_, job, look, logins) => {
    const { ports, follow, row } = await jobToFollow([look], job);
    await follow();
    expect(row().phase).toBe("following");
    expect(ports.vault.names()).toHaveLength(logins);
  });

  test("of a run that died before it deleted it is deleted before the next poll", async () => {
    const died = followingJob({ steps: stepsOf(verified) });
    const { ports, follow, row } = await jobToFollow([lookOf(done)], died);
    let names: string[] | undefined;
    beforeNext(ports, "upstream.job", () => {
      names = ports.vault.names();
    });
    await follow();
    expect(names).toEqual([]);
    expect(row().phase).toBe("succeeded");
    expect(row().sweepAt).toBeUndefined();
  });

  test.each(["succeeded", "failed"] as const)(
    "of a job that has %s is deleted without a poll",
    async (phase) => {
      const { ports, follow } = await jobToFollow([], followingJob({ phase }));
      expect(await follow()).toEqual({ next: "done" });
      expect(ports.vault.names()).toEqual([]);
      expect(ports.upstream.ledger).toEqual([]);
    },
  );

  test("is not deleted for a refresh, which has none", async () => {
    const { ports, follow } = await jobToFollow([lookOf(PLAIN), lookOf(verified)], refresh);
    failOnce(ports, "vault.destroy", new Error("a refresh has no login"));
    expect(await follow()).toMatchObject({ next: "wait" });
  });
});

describe("a connection that a poll shows for the first time", () => {
  const claim = `${USER_ID} connection ${connectionId}`;
  const showing = lookOf(PLAIN, { connectionId });

  test("is claimed before the row names it", async () => {
    const { ports, row } = await jobToFollow([showing]);
    failOnce(ports, "claims.take");
    await expect(pollJob(ports, row())).rejects.toThrow("died");
    expect(row()).toEqual(followingJob());
  });

  test.each([
    ["claimed if no job has the claim", undefined, undefined, JOB_ID],
    ["claimed if a missing job has the claim", "holder", undefined, JOB_ID],
    ["claimed if a finished job has the claim", "holder", "failed", JOB_ID],
    ["left to a job that is queued", "holder", "queued", "holder"],
  ] as const)("is %s", async (_, holderId, phase, expected) => {
    const { ports, row } = await jobToFollow([showing]);
    if (holderId !== undefined) ports.claims.held.set(claim, holderId);
    if (phase !== undefined) ports.jobs.put(jobOf({ id: "holder", phase, connectionId }));
    await pollJob(ports, row());
    expect(ports.claims.held.get(claim)).toBe(expected);
    expect(row().connectionId).toBe(connectionId);
  });

  test.each(["refresh", "update"] as const)(
    "is not claimed again by the %s of a connection",
    async (kind) => {
      const look = lookOf(verified, { connectionId });
      const { ports, row } = await jobToFollow([look], followingJob({ kind, connectionId }));
      await pollJob(ports, row());
      expect(ports.claims.held.size).toBe(0);
      expect(row().steps).toEqual(stepsOf(verified));
    },
  );
});

describe("what the bank says of a login", () => {
  const verdict = (code: string, steps = stepsOf(PLAIN)) => failed({ ...wrongLogin, code }, steps);

  test.each([
    ["counts a refused login", stepsOf(PLAIN), verdict(CREDENTIALS_REFUSED), ["earlier", JOB_ID]],
    ["clears the count for an accepted login", stepsOf(PLAIN), stepsOf(verified), undefined],
    ["ignores other failures", stepsOf(PLAIN), verdict("service-unavailable"), ["earlier"]],
    ["ignores progress", stepsOf(PLAIN), stepsOf(verifying), ["earlier"]],
    ["ignores a change without steps", stepsOf(PLAIN), [], ["earlier"]],
    ["ignores what the row said before", stepsOf(verified), stepsOf(verified), ["earlier"]],
    ["ignores a wrong answer", stepsOf(asked), verdict(CREDENTIALS_REFUSED, stepsOf(asked)), ["earlier"]],
  ])("%s", async (_, before, after, expected) => {
    const { clock, refusedLogins, outages } = fakePorts();
    await refusedLogins.note(USER_ID, "AU00000", "earlier");
    await noteVerdict({ clock, refusedLogins, outages }, followingJob({ steps: before }), after);
    expect((await refusedLogins.find(USER_ID, "AU00000"))?.jobIds).toEqual(expected);
  });

  test.each([
    ["a refusal", showing(wrongLogin), ["earlier", JOB_ID]],
    ["an acceptance", lookOf(verified), undefined],
  ])("is noted before the row, and once although the run dies in between: %s", async (_, look, jobIds) => {
    const { ports, row } = await jobToFollow([look]);
    await ports.refusedLogins.note(USER_ID, "AU00000", "earlier");
    failOnce(ports, "jobs.record");
    await expect(pollJob(ports, row())).rejects.toThrow("died");
    expect(row()).toEqual(followingJob());
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual(jobIds);
    await pollJob(ports, row());
    expect(row().steps).toEqual(look.steps);
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual(jobIds);
  });

  test("is noted at the next poll when another job's refusal was noted at that moment", async () => {
    const { ports, row } = await jobToFollow([showing(wrongLogin)]);
    failOnce(ports, "refusedLogins.note", new JobChanged());
    expect(await pollJob(ports, row())).toEqual(followingJob());
    await pollJob(ports, row());
    expect(row().phase).toBe("failed");
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
  });
});
